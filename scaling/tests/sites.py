"""Publishing a site, serving it, and a page of it in a browser, for the tests."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]  # the repository, unless the tests are used without it
OUTPUT = Path(__file__).parent / "output"  # of screenshots, for looking at


def asv(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run asv to its end in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "asv", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )


def publish(folder: Path) -> str:
    """Publish the suite in a folder, and return what asv printed."""
    done = asv("publish", "--no-pull", folder=folder)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def published(html: Path, name: str) -> Any:
    """The content of one of the page's files of data."""
    text = (html / "scaling" / f"{name}.js").read_text()
    assert text.startswith(f'scalingData("{name}",')
    assert text.endswith(");\n")
    return json.loads(text.partition(",")[2][:-3])


@contextlib.contextmanager
def serve(site: Path, suite: Path) -> Iterator[str]:
    """The address at which ``asv preview``, run in the folder of a suite, shows a site."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "asv", "preview", "--port", str(port), "--html-dir", str(site)]
    server = subprocess.Popen(command, cwd=suite, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert server.poll() is None, "asv preview ended by itself"
                assert time.monotonic() < until, "asv preview does not answer"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


class Opened:
    """A page of the browser, with what it complained of, and what it asked of other hosts."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._note(asked.url))

    def _hear(self, said: Any) -> None:
        """Of asv's own start page, not that a benchmark without results has no graph: it asks for one of each."""
        asked_for_all = "/graphs/summary/" in said.location["url"] and "404" in said.text
        if said.type in ("error", "warning") and not asked_for_all:
            self.complaints.append(f"{said.text} {said.location['url']}")

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.elsewhere.append(url)

    def go(self, fragment: str) -> None:
        """Open a view, and wait until it is drawn."""
        self.page.goto(self.address + fragment)
        if "scaling" in fragment:
            self.drawn()

    def drawn(self) -> None:
        """Wait until what is shown is what the address says."""
        self.page.wait_for_function("document.querySelector('#scaling-page').dataset.drawn === location.hash")

    def picture(self, name: str) -> None:
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png", full_page=True)


@contextlib.contextmanager
def opening(browser: Any, address: str, width: int = 1280) -> Iterator[Opened]:
    """A new page, which at its end must have had no complaint and asked no other host for anything."""
    context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
    found = Opened(context.new_page(), address)
    yield found
    context.close()
    assert found.complaints == []
    assert found.elsewhere == []
