"""A virtual environment for each Python, with the kernels of this folder and what asv measures them with."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.measure import requirements
from tools.pythons import Interpreter

FOLDER = Path(".asv", "environments")
NEEDED = ("numpy", "scipy")  # of what asv.conf.json names


def environment(name: str, python: Interpreter) -> Path:
    """The executable of the environment of a Python, which is made where there is none yet.

    NumPy and SciPy have the versions that asv.conf.json has for that Python: 3.13 and 3.13t have the
    same. Raises CalledProcessError.
    """
    folder = FOLDER / name
    executable = (folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")).absolute()
    pins = [f"{package}=={requirements(name)[package]}" for package in NEEDED]
    made_from = json.dumps([python.version, str(python.executable), pins])
    ready = folder / "ready"
    if not (ready.is_file() and ready.read_text() == made_from):
        base = ("--quiet", "--clear", "--python", python.executable)
        _run(sys.executable, "-m", "virtualenv", *base, folder)  # Python's own venv needs ensurepip, which not all have
        _run(executable, "-m", "pip", "install", "--quiet", *pins)
        _run(executable, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", ".")
        ready.write_text(made_from)
    return executable


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)
