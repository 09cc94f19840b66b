"""A site published from the committed results, a server for it, and a browser with no network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sites import ROOT, Opened, asv, opening, serve

from tools import browsers


@pytest.fixture(scope="session")
def libraries() -> None:
    """Those of asv's page, without which it would need a network to show anything."""
    if not (ROOT / "scaling" / "asv_scaling" / "vendor" / "index.json").exists():
        pytest.skip("the libraries of asv's page are not here: make offline brings them, where there is npm")


@pytest.fixture(scope="session")
def site(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed results as ``asv publish`` shows them."""
    html = tmp_path_factory.mktemp("site") / "html"
    done = asv("publish", "--no-pull", "--html-dir", str(html), folder=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return html


@pytest.fixture(scope="module")  # and no longer: other tests look for processes that are left behind
def served(site: Path) -> Iterator[str]:
    """Its address at ``asv preview``."""
    with serve(site) as address:
        yield address


@pytest.fixture(scope="module")  # as above; and its API keeps an event loop running in this thread
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright for this Python")
    path = browsers.find()
    if path is None:
        pytest.skip("no browser: make browser installs one")
    with (
        api.sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=list(browsers.FLAGS)) as launched,
    ):
        yield launched


@pytest.fixture
def opened(browser: Any, served: str, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """A new page, 1280 pixels wide or as the test's parameter says; a complaint fails the test."""
    with opening(browser, served, getattr(request, "param", 1280)) as found:
        yield found
