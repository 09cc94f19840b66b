"""Check a release that ``python -m build`` has put into ``dist``: what is in it, and that it runs.

The wheel is installed into an empty environment of each Python asked for that is here, and used
there from another folder than the checkout.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tools.pythons import find_pythons

DIST = Path("dist").resolve()
WANTED = (
    "kernels/__main__.py",
    "kernels/workloads/triad.py",
)
# A pool's workers import what they are to run: this is a file, and not python -c.
USE = """
import sys
import kernels

if __name__ == "__main__":
    for strategy in ("serial", "threaded", "pool", "shared"):
        kernels.run("polynomial", strategy, workers=None if strategy == "serial" else 2, size="S")
    print("Python", sys.version.split()[0], "runs", kernels.__version__, "from", kernels.__path__[0])
"""
SECONDS = 300  # that a step may take


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("pythons", nargs="*", default=["3.10", "3.14"], help="by default 3.10 and 3.14")
    options = parser.parse_args(arguments)
    (wheel,), (source,) = list(DIST.glob("*.whl")), list(DIST.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    with tarfile.open(source) as archive:
        beside = {name.partition("/")[2] for name in archive.getnames()}
    missing = [
        f"{where.name} lacks {name}"
        for where, names in ((wheel, inside), (source, beside))
        for name in WANTED
        if name not in names
    ]
    foreign = [f"{wheel.name} has {name}" for name in inside if name.startswith(("tests/", "tools/", "benchmarks/"))]
    if missing or foreign:
        print("\n".join(missing + foreign), file=sys.stderr)
        return 1
    here, _ = find_pythons()
    found = [name for name in options.pythons if name in here]
    for name in set(options.pythons) - set(found):
        print(f"Python {name} is not here, so the release was not tried on it.")
    if not found:
        print("It was not tried on any Python.", file=sys.stderr)
        return 1
    for name in found:
        try_on(here[name].folder / f"python{name}", wheel)
    return 0


def try_on(python: Path, wheel: Path) -> None:
    """Install the wheel for this Python alone, and use it. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "env")
        # As asv does it: a Python may be without the ensurepip that its own venv needs.
        _run(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, environment)
        own = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        _run(own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
        script = Path(folder, "use.py")
        script.write_text(USE)
        _run(own, script, folder=folder)
        _run(own, "-m", "kernels", "list", folder=folder, quiet=True)


def _run(*command: object, folder: str | None = None, quiet: bool = False) -> None:
    output = subprocess.DEVNULL if quiet else None
    subprocess.run([str(part) for part in command], cwd=folder, check=True, stdout=output, timeout=SECONDS)


if __name__ == "__main__":
    sys.exit(main())
