"""A site published from the committed results, a server for it, and a browser with no network."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import browsers
import pytest
from sites import ROOT, Opened, asv, opening, serve

from asv_scaling import offline


def do_without(reason: str) -> NoReturn:
    """Skip the tests that need a browser, or fail them where the environment says REQUIRE_BROWSER=1."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def libraries() -> None:
    """Those of asv's page, without which it would need a network to show anything."""
    if not (offline.VENDOR / "index.json").exists():
        do_without("the libraries of asv's page are not here: make offline brings them, where there is npm")


@pytest.fixture(scope="session")
def site(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed results as ``asv publish`` shows them."""
    if not (ROOT / "results" / "benchmarks.json").exists():
        pytest.skip("there are no committed results: they are the repository's, which these tests are not in")
    html = tmp_path_factory.mktemp("site") / "html"
    done = asv("publish", "--no-pull", "--html-dir", str(html), folder=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return html


@pytest.fixture(scope="module")  # and no longer: other tests look for processes that are left behind
def served(site: Path) -> Iterator[str]:
    """Its address at ``asv preview``."""
    with serve(site, ROOT) as address:
        yield address


@pytest.fixture(scope="module")  # as above; and its API keeps an event loop running in this thread
def browser() -> Iterator[Any]:
    try:
        from playwright import sync_api as api
    except ImportError:
        do_without("Playwright is not installed for this Python")
    path = browsers.find()
    if path is None:
        do_without("there is no Chromium, Chrome or Edge: make browser installs one")
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
