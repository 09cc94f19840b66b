"""Bring the libraries of asv's page out of their packages, so that published sites need no network.

asv's page names a host for each of ten files. Here they are taken from the packages of the same
versions with npm, checked against the packages' hashes, and put beside their licences into
``scaling/asv_scaling/vendor``, which git ignores and which wheels and source distributions hold. What is
there already stays.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "scaling" / "asv_scaling" / "vendor"
SECONDS = 180  # that npm has


@dataclass(frozen=True)
class Library:
    """A package of npm's, the hash of its archive, and which of its files stands for which that asv's page asks for."""

    package: str
    version: str
    sha512: str
    files: Mapping[str, str]
    licence: str


LIBRARIES = (
    Library(
        "jquery",
        "3.3.1",
        "Ubldcmxp5np52/ENotGxlLe6aGMvmF4R8S6tZjsP6Knsaxd/xp3Zrh50cG93lR6nPXyUFwzN3ZSOQI0wRJNdGg==",
        {"jquery-3.3.1.min.js": "dist/jquery.min.js"},
        "LICENSE.txt",
    ),
    Library(  # its package has no minified files
        "flot-charts",
        "0.8.3",
        "XTk2zQBK8MSKeeWJTqEwUaIj/ZIi4ecSvVzHQaMjYkE4AoLZpo07WTMDfjMk83T2vVGD+ivkg46gvlFyJfeaFQ==",
        {f"jquery.flot{part}.min.js": f"jquery.flot{part}.js" for part in ("", ".time", ".selection", ".categories")},
        "LICENSE.txt",
    ),
    Library(
        "flot-orderbars",
        "1.0.0",
        "Jv51fvzevUjNXEeozpwEKfPjhiZhfiJddv0WHjduUTCmSF+7T5K7C9c9Y1wIVmUhDBv5fLMjgbwKecT0GIKPZA==",
        {"jquery.flot.orderBars.js": "js/jquery.flot.orderBars.js"},
        "package.json",  # says MIT; the file itself says whose
    ),
    Library(  # asv's page asks for 1.0.1, which was never a package
        "stupid-table-plugin",
        "1.1.3",
        "2Vk7XouQPxUQPRe9w0Fu7ZZ8kHLK7rDoLMsCgtKxRNJ7f4dSOGvW9CkHsq5wD6QsaEnWoyLBYH3xOEsrK3yWBg==",
        {"stupidtable.min.js": "stupidtable.min.js"},
        "LICENSE",
    ),
    Library(
        "blueimp-md5",
        "2.19.0",
        "DRQrD6gJyy8FbiE4s+bDoXS9hiW3Vbx5uCdwvcCf3zLHL+Iv7LtGHLpr+GZV8rHG8tK766FGYBwRbu8pELTt+w==",
        {"md5.min.js": "js/md5.min.js"},
        "LICENSE.txt",
    ),
    Library(
        "bootstrap",
        "3.1.1",
        "TAzqS8E/ISpVHP29gYhy+1NSV+FJwApDVQhDfgLYsIuUDJiqJzH2DfORN5tiu+Ie2iBLrzEG34t4Rf465cigqg==",
        {"bootstrap.min.js": "dist/js/bootstrap.min.js", "bootstrap.min.css": "dist/css/bootstrap.min.css"},
        "LICENSE",
    ),
)


def main() -> int:
    """The exit status: 1, after a word, where a library could not be had."""
    if (FOLDER / "index.json").exists() and json.loads((FOLDER / "index.json").read_bytes()) == _index():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("There is no npm here, so the published site will load its libraries from the network.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as work:
        new = Path(work, "vendor")
        new.mkdir()
        try:
            _pack(npm, Path(work))
            for library in LIBRARIES:
                _unpack(library, Path(work), new)
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, tarfile.TarError) as error:
            print(f"The libraries of asv's page could not be had: {error}", file=sys.stderr)
            return 1
        (new / "index.json").write_text(json.dumps(_index(), indent=1), "utf-8")
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.move(new, FOLDER)
    return 0


def _pack(npm: str, work: Path) -> None:
    """Download the archives of all packages into a folder."""
    wanted = [f"{library.package}@{library.version}" for library in LIBRARIES]
    ran = subprocess.run(
        [npm, "pack", "--silent", *wanted], cwd=work, check=False, capture_output=True, text=True, timeout=SECONDS
    )
    if ran.returncode:
        raise ValueError(ran.stderr.strip() or f"npm pack ended with {ran.returncode}")


def _unpack(library: Library, work: Path, new: Path) -> None:
    """Put a library's files into the folder `new`. Raises ValueError if its archive is another."""
    archive = work / f"{library.package}-{library.version}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != library.sha512:
        raise ValueError(f"the archive of {library.package} has the hash {found} and not {library.sha512}")
    with tarfile.open(archive) as opened:
        for name, inside in _copies(library).items():
            content = opened.extractfile(f"package/{inside}")
            if content is None:
                raise ValueError(f"{library.package} has no {inside}")
            (new / name).write_bytes(content.read())


def _copies(library: Library) -> dict[str, str]:
    """Our names of a library's files, and theirs."""
    files = {Path(inside).name: inside for inside in library.files.values()}
    return {**files, f"LICENSE-{library.package}-{library.version}.txt": library.licence}


def _index() -> dict[str, str]:
    """For each file that asv's page asks for, the file here."""
    return {asked: Path(inside).name for library in LIBRARIES for asked, inside in library.files.items()}


if __name__ == "__main__":
    sys.exit(main())
