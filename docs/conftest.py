"""The code blocks of the documentation are programs: each is run, and prints what the block after it shows.

A ``python`` block is run as a file of its own, with ``mpiexec`` where its first line says so. An ``output`` block is
what the program before it prints, where seconds may be others. ``UPDATE=1 python -m pytest docs`` writes the outputs
of a new run into the pages.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser

SECONDS = 60
MEASURED = re.compile(r"\d+\.\d+ s\b")


def run(example: Example) -> None:
    """Run a program, and keep what it prints for the block after it."""
    code = str(example.parsed)
    command = [sys.executable]
    if launched := re.match(r"# mpiexec -n (\d+)", code):
        mpiexec = shutil.which("mpiexec", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
        if mpiexec is None:
            pytest.skip("there is no MPI here: pip install mpi4py mpich")
        command = [mpiexec, "-n", launched[1], sys.executable]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")
        program.write_text(code)
        done = subprocess.run(
            [*command, program.name], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr
    example.namespace["printed"] = done.stdout


def compare(example: Example) -> None:
    """Compare an output block with what the program before it has printed."""
    printed, shown = example.namespace.pop("printed", None), str(example.parsed)
    if printed is None:
        pytest.skip("the program before it was not run")
    if os.environ.get("UPDATE") == "1" and printed != shown:
        page = Path(example.path)
        page.write_text(page.read_text().replace(f"```output\n{shown}```", f"```text\n{printed}```", 1))
        return
    assert MEASURED.sub("#", printed) == MEASURED.sub("#", shown)


pytest_collect_file = Sybil(
    parsers=[CodeBlockParser("python", run), CodeBlockParser("output", compare)], pattern="*.md"
).pytest()
