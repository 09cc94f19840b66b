"""Whether two installations hold the same package: then what was measured of the one holds for the other."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from asv_gate import processes
from asv_gate.asvlink import Install
from asv_gate.describe import plain
from asv_gate.errors import GateError

SECONDS = 60.0
# Where a package is, and what tells of how and when it was installed, differs though nothing that runs does.
# And what builds and installs packages, of which another day brings another version, does not run in benchmarks.
BUILDERS = ("pip", "wheel", "build", "pyproject_hooks")
OF_THE_INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
METADATA = ("METADATA", "PKG-INFO")
FOLDERS = "import json, sysconfig; print(json.dumps(sorted({sysconfig.get_path(p) for p in ('purelib', 'platlib')})))"


def digest(install: Install) -> str:
    """Of all files that the environment's Python can import: the project as it was built, and what it needs.

    It is the same for every installation of them, whatever its folder is called, on this machine or another. Where
    the project is not among these files, as after ``pip install --editable``, each commit has a digest of its own:
    nothing then shows that two are alike.

    Raises
    ------
    GateError
        Where the environment's Python does not run.

    """
    ended = processes.run(
        [*install.python, "-c", FOLDERS], environ=install.environ(0), cwd=install.folder, timeout=SECONDS
    )
    try:
        folders = json.loads(ended.output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise GateError(f"the Python of {install.folder} does not run:\n{ended.output}") from None
    project = plain(install.variables.get("ASV_PROJECT", ""))
    left_out = [name for name in BUILDERS if plain(name) != project]
    sha = hashlib.sha256()
    if not any(_is_copied(folder, project) for folder in map(Path, folders)):
        sha.update(install.commit.encode())
    for folder in map(Path, folders):
        for path in _files(folder, left_out):
            sha.update(os.fsencode(path.relative_to(folder)) + b"\0" + _content(path) + b"\0")
    return sha.hexdigest()


def _content(path: Path) -> bytes:
    """All of a file, but for the description in a package's metadata: that is its README, which does not run."""
    content = path.read_bytes()
    if path.name in METADATA and path.parent.suffix in (".dist-info", ".egg-info"):
        return re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    return content


def _is_copied(folder: Path, project: str) -> bool:
    """Whether a distribution of that name lies here, and is no link to where its sources are."""
    for about in folder.glob("*-info"):
        if plain(re.split(r"-\d|\.(?:dist|egg)-info", about.name)[0]) == project:
            origin = about / "direct_url.json"
            return not origin.is_file() or not re.search(rb'"editable"\s*:\s*true', origin.read_bytes())
    return False


def _files(folder: Path, left_out: Sequence[str]) -> Iterator[Path]:
    pattern = re.compile(rf"({'|'.join(left_out)})(-.*\.dist-info)?")
    for path in sorted(folder.rglob("*")):
        if pattern.fullmatch(path.relative_to(folder).parts[0]):
            continue
        if path.name not in OF_THE_INSTALLATION and "__pycache__" not in path.parts and path.is_file():
            yield path
