"""A browser for the tests of the published page: Chromium or its kin, found or installed.

``make browser`` runs this file, which installs one where there is none, after it has said how. Without a
browser the tests of the page are skipped; with ``REQUIRE_BROWSER=1`` in the environment, as in CI, they fail.
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


def install() -> bool:
    """Debian's Chromium for root, else Playwright's. Whether that worked."""
    if getattr(os, "geteuid", lambda: 1)() == 0 and shutil.which("apt-get"):
        print("Installing the system package chromium with apt-get, for the tests of published pages.", flush=True)
        steps = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    else:
        print("Downloading Playwright's Chromium to its own cache, for the tests of published pages.", flush=True)
        steps = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    return all(map(_succeeds, steps))


def _succeeds(command: Sequence[str]) -> bool:
    try:
        ran = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"make browser: {error}", file=sys.stderr)
        return False
    if ran.returncode:
        last = (ran.stderr.strip() or ran.stdout.strip() or "no output").splitlines()[-1]
        print(f"make browser: {command[0]} ended with {ran.returncode}: {last}", file=sys.stderr)
    return ran.returncode == 0


def main() -> int:
    """The exit status: 0 where there is a browser in the end."""
    try:
        found = find() or (install() and find())
    except ImportError:
        print("make browser: Playwright, which drives the browser, is not installed for this Python", file=sys.stderr)
        return 1
    if not found:
        print("make browser: there is no Chromium, Chrome or Edge, and none could be installed", file=sys.stderr)
        return 1
    print(f"The tests of published pages use {found}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
