"""A browser for the tests of the published page: Chromium or its kin, found or installed.

``python -m tools.browsers`` installs one where there is none, and never fails: without one the
tests of the page skip, and say so.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
BUNDLES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ),
}
# Quiet, and with no name but this machine's resolved: what the page asks of a network fails.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


SECONDS = 480  # that an installation has


def find() -> str | None:
    """The path of a browser, of this machine or Playwright's own, or None."""
    from playwright.sync_api import sync_playwright

    for found in (*map(shutil.which, NAMES), *BUNDLES.get(sys.platform, ())):
        if found and Path(found).exists():
            return found
    with sync_playwright() as playwright:
        own: str = playwright.chromium.executable_path  # where it is, or would be
    return own if Path(own).exists() else None


def install() -> None:
    """Debian's Chromium for root, else Playwright's."""
    if getattr(os, "geteuid", lambda: 1)() == 0 and shutil.which("apt-get"):
        print("Installing Chromium with apt-get, for the tests of the published page", flush=True)
        steps = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    else:
        print("Installing Playwright's Chromium, for the tests of the published page", flush=True)
        steps = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if not all(map(_succeeds, steps)):
        print("That failed, so these tests will be skipped: a Chromium, Chrome or Edge is wanted.", file=sys.stderr)


def _succeeds(command: Sequence[str]) -> bool:
    try:
        ran = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def main() -> None:
    try:
        found = find()
    except ImportError:
        print("There is no Playwright for this Python, so the tests of the published page will be skipped.")
    else:
        if found is None:
            install()


if __name__ == "__main__":
    main()
