"""The documentation builds without a warning, and works from files and without a network."""

import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="make docs installs what builds the documentation")

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 200


class Loaded(HTMLParser):
    """What a page loads by itself: scripts, style sheets, fonts and pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("script", "img", "iframe"):
            self.addresses.append(found.get("src") or "")
        elif tag == "link" and found.get("rel") not in ("next", "prev", "search", "index", "canonical"):
            self.addresses.append(found.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``make docs`` builds it: the command is the Makefile's."""
    into = tmp_path_factory.mktemp("docs")
    (options,) = re.findall(r"^SPHINX = \S+ (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    done = subprocess.run(
        [sys.executable, *options.split(), "docs", str(into)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return into


def pages_of(site: Path) -> list[Path]:
    """Its pages, but for a template that the theme brings with its scripts."""
    return [page for page in site.rglob("*.html") if "_static" not in page.parts]


def test_pages_load_nothing_from_another_host(site: Path) -> None:
    pages = pages_of(site)
    assert len(pages) > 15
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text())
        for address in filter(None, loaded.addresses):
            assert not re.match(r"(https?:)?//", address), f"{page.name} loads {address}"
            assert (page.parent / address.partition("?")[0].partition("#")[0]).exists(), f"{page.name}: {address}"
    for style in site.rglob("*.css"):
        assert not re.search(r"""url\(["']?(https?:)?//|@import ["']https?:""", style.read_text()), style.name


def test_every_page_is_found_from_the_front_page(site: Path) -> None:
    seen: set[Path] = set()
    left = [site / "index.html"]
    while left:
        page = left.pop()
        if page not in seen:
            seen.add(page)
            targets = re.findall(r'href="([^"#?:]+\.html)', page.read_text())
            left += [(page.parent / target).resolve() for target in targets]
    generated = {site / name for name in ("genindex.html", "search.html", "py-modindex.html")}
    assert set(pages_of(site)) <= seen | generated


def test_every_link_within_the_site_leads_to_a_page_and_a_heading_that_are_there(site: Path) -> None:
    named = {page: set(re.findall(r'(?:id|name)="([^"]+)"', page.read_text())) for page in pages_of(site)}
    links = 0
    for page in named:
        for href in re.findall(r'<a [^>]*href="([^"]+)"', page.read_text()):
            if re.match(r"[a-z]+:", href):
                continue
            target, _, fragment = unescape(href).partition("#")
            led = (page.parent / target).resolve() if target else page
            assert led.exists(), f"{page.relative_to(site)}: {href}"
            assert not fragment or led not in named or fragment in named[led], f"{page.relative_to(site)}: {href}"
            links += 1
    assert links > 1000


@pytest.mark.parametrize("wanted", ["how-to/your-own-loop", "how-to/troubleshooting", "how-to/gate", "tutorials/index"])
def test_it_is_one_click_from_the_text_of_the_front_page_to_what_readers_want(site: Path, wanted: str) -> None:
    article = re.search(r"<article.*?</article>", (site / "index.html").read_text(), re.DOTALL)
    assert article
    assert f'href="{wanted}.html"' in article[0]


@pytest.mark.parametrize(
    "usage",
    ["python -m kernels compare", "python -m kernels run", "asv-gate run", "asv-gate record", "asv_scaling export"],
)
def test_the_reference_has_the_help_of_every_command(site: Path, usage: str) -> None:
    text = re.sub(r"<[^>]+>", "", (site / "reference" / "commands.html").read_text())
    assert re.search(rf"usage: .*{re.escape(usage)}", text)
