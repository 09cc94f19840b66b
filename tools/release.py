"""Check the three distributions that ``make dist`` has put into ``dist``: what is in them, and that they work.

Each wheel is installed, with what its tests need and nothing else of this repository, into an empty
environment of each Python asked for that is here. Tests of its own then run there, copied to another
folder than the checkout, so that they can import no package but the one installed.
"""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.pythons import find_pythons

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SECONDS = 600  # that a step may take


@dataclass(frozen=True)
class Distribution:
    """One of the three: its name, its folder in the repository, its package, and what must hold of it.

    `holds` are files of the package that setuptools includes only if told to; `command` is run with
    the environment's Python; `tests` are the quicker ones that need no repository around them.
    """

    name: str
    folder: str
    package: str
    holds: Sequence[str]
    command: Sequence[str]
    tests: Sequence[str]


DISTRIBUTIONS = (
    Distribution(
        "parallel-kernels",
        ".",
        "kernels",
        ("py.typed", "__main__.py", "workloads/triad.py"),
        ("-m", "kernels", "run", "polynomial", "--strategy", "pool", "--workers", "2", "--size", "S"),
        ("test_published.py", "test_workloads.py", "test_bad_input.py"),
    ),
    Distribution(
        "asv-gate",
        "gate",
        "asv_gate",
        ("py.typed", "action.sh", "report/schema.json"),
        ("-m", "asv_gate", "--help"),
        ("test_report.py", "test_signedrank.py", "test_files.py"),
    ),
    Distribution(
        "asv-scaling",
        "scaling",
        "asv_scaling",
        ("py.typed", "site/page.js", "site/scaling.css"),
        ("-m", "asv_scaling", "--help"),
        ("test_export.py", "test_publish.py", "test_speedup.py"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 where a distribution lacks a file, holds a foreign one, or fails a test."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("pythons", nargs="*", default=["3.10", "3.14"], help="by default 3.10 and 3.14")
    options = parser.parse_args(arguments)
    wrong = [fault for distribution in DISTRIBUTIONS for fault in faults(distribution, DIST)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    here = find_pythons()
    found = [name for name in options.pythons if name in here]
    for name in set(options.pythons) - set(found):
        print(f"Python {name} is not here, so the release was not tried on it.")
    if not found:
        print("It was not tried on any Python.", file=sys.stderr)
        return 1
    for name in found:
        for distribution in DISTRIBUTIONS:
            print(f"\n{distribution.name} alone, on Python {name}", flush=True)
            try:
                try_on(here[name].executable, distribution, DIST)
            except subprocess.SubprocessError as error:
                print(f"make dist: {error}", file=sys.stderr)
                return 1
    return 0


def archives(distribution: Distribution, dist: Path) -> tuple[Path, Path]:
    """Its wheel and its source distribution. Raises ValueError unless there is one of each."""
    stem = distribution.name.replace("-", "_")
    (wheel,), (source,) = list(dist.glob(f"{stem}-*.whl")), list(dist.glob(f"{stem}-*.tar.gz"))
    return wheel, source


def faults(distribution: Distribution, dist: Path) -> list[str]:
    """What of its files is missing, and what of its wheel is not of its package, a line each."""
    wheel, source = archives(distribution, dist)
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    with tarfile.open(source) as archive:
        beside = {name.partition("/")[2] for name in archive.getnames()}
    wanted = [f"{distribution.package}/{name}" for name in distribution.holds]
    missing = [
        f"{where.name} lacks {name}"
        for where, names in ((wheel, inside), (source, beside))
        for name in wanted
        if name not in names
    ]
    own = (f"{distribution.package}/", wheel.name[: -len("-py3-none-any.whl")] + ".dist-info/")
    return missing + [f"{wheel.name} holds {name}, which is not its own" for name in inside if not name.startswith(own)]


def try_on(python: Path, distribution: Distribution, dist: Path) -> None:
    """Install its wheel alone for this Python, and run its command and tests. Raises SubprocessError."""
    wheel, _ = archives(distribution, dist)
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "env")
        # As asv does it: a Python may be without the ensurepip that its own venv needs.
        _run(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, environment)
        own = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        _run(own, "-m", "pip", "install", wheel, quiet=True)
        others = [other.package for other in DISTRIBUTIONS if other != distribution]
        absent = f"import importlib.util as u, sys; sys.exit(any(map(u.find_spec, {others})))"
        _run(own, "-c", absent, folder=folder)
        _run(own, *distribution.command, folder=folder, quiet=True)
        _run(own, "-m", "pip", "install", f"{wheel}[test]", quiet=True)
        tests = Path(folder, "tests")
        shutil.copytree(ROOT / distribution.folder / "tests", tests, ignore=shutil.ignore_patterns("output"))
        settings = ("-c", ROOT / "pyproject.toml", "--rootdir", folder, "-p", "no:cacheprovider", "-q")
        _run(own, "-m", "pytest", *settings, *(tests / name for name in distribution.tests), folder=folder)


def _run(*command: object, folder: str | None = None, quiet: bool = False) -> None:
    """Run a command to its end; a quiet one prints only where it fails. Raises SubprocessError."""
    kept = subprocess.PIPE if quiet else None
    words = [str(part) for part in command]
    done = subprocess.run(
        words, cwd=folder, check=False, stdout=kept, stderr=subprocess.STDOUT, text=True, timeout=SECONDS
    )
    if done.returncode:
        print(done.stdout or "", end="", file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, words)


if __name__ == "__main__":
    sys.exit(main())
