"""Replacing what asv's page loads from the network by files beside it, of the same versions.

The files come out of the libraries' own packages when this package is built, with their licences
(``tools/vendor.py``); ``vendor/index.json`` says which file stands for what the page asks for.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"
# A script or a style sheet of another host. Such tags also hold the hash of the file at that host
# and a handler for when it is out of reach: they do not concern a file beside the page.
ELSEWHERE = re.compile(
    r"""<script\b[^>]*\bsrc="(?P<script>https?://[^"]+)"[^>]*>\s*</script>|<link\b[^>]*\bhref="(?P<style>https?://[^"]+)"[^>]*>""",
)


def bring_in(page: str, folder: Path, warn: Callable[[str], None]) -> str:
    """The page with its libraries copied into `folder`, a folder beside it; a warning for each that is not here."""
    index = VENDOR / "index.json"
    known: dict[str, str] = json.loads(index.read_bytes()) if index.exists() else {}
    missing: list[str] = []

    def local(tag: re.Match[str]) -> str:
        wanted = tag["script"] or tag["style"]
        name = known.get(wanted.rsplit("/", 1)[-1])
        if name is None:
            missing.append(wanted)
            return tag[0]
        return (
            f'<script src="{folder.name}/{name}"></script>'
            if tag["script"]
            else (f'<link rel="stylesheet" href="{folder.name}/{name}">')
        )

    page = ELSEWHERE.sub(local, page)
    if known:
        shutil.copytree(VENDOR, folder, ignore=shutil.ignore_patterns("index.json"), dirs_exist_ok=True)
    if missing:
        warn(
            "The page will need a network, for libraries that are not installed with asv_scaling: "
            f"{', '.join(missing)}. In a checkout, python -m tools.vendor brings them."
        )
    return page
