"""The code blocks of the documentation are programs: each is run, and prints what the block after it shows.

A ``python`` block is run as a file of its own, with ``mpiexec`` where its first line says so. A block whose first line
names a file is written to it, and a ``shell`` block runs, in a folder that the page has for itself. An ``output`` block
is what the program before it prints, where seconds may be others. ``make docs-check`` also runs the slow programs, and
``make docs-numbers`` writes the outputs of a new run into the pages, and into docs/measured.json where it was made.
"""

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tools are not installed

from tools import page_numbers as numbers

# A program that takes longer hangs; a slow one also makes installations.
SECONDS = 600 if os.environ.get("SLOW") == "1" else 200
NAMED = re.compile(r"(?:#|//) file: (\S+)\n")
ENVIRONMENT = {
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "CHECKOUT": str(Path(__file__).resolve().parents[1]),
    **{f"GIT_{who}_{what}": "docs@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def run(example: Example, language: str) -> None:
    """Run a program, and keep what it prints for the block after it; or write a file."""
    folder: Path = example.namespace["folder"]
    example.namespace.pop("printed", None)
    code = str(example.parsed)
    if named := NAMED.match(code):
        (folder / named[1]).parent.mkdir(exist_ok=True)
        (folder / named[1]).write_text(code[named.end() :])
        return
    if code.startswith("# takes some minutes") and os.environ.get("SLOW") != "1":
        pytest.skip("it takes some minutes: make docs-check runs it")
    if "mpiexec" in code and shutil.which("mpiexec", path=ENVIRONMENT["PATH"]) is None:
        pytest.skip("there is no MPI here: pip install mpi4py mpich")
    program = folder / "program"
    program.write_text(code)
    command = [sys.executable, program.name]
    if language == "shell":
        command = ["bash", "-e", program.name]
    elif launched := re.match(r"# mpiexec -n (\d+)", code):
        command = ["mpiexec", "-n", launched[1], *command]
    environment = {**os.environ, **ENVIRONMENT}
    if "asv machine" in code:
        environment["HOME"] = str(folder)  # asv keeps there what it knows of a machine
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, complaints = process.communicate(timeout=SECONDS)
        except BaseException:  # what it has started ends with it
            os.killpg(process.pid, signal.SIGKILL)
            raise
    program.unlink()
    assert process.returncode == 0, complaints
    example.namespace["printed"] = printed


def compare(example: Example) -> None:
    """Compare an output block with what the program before it has printed."""
    printed, shown = example.namespace.pop("printed", None), str(example.parsed)
    if printed is None:
        pytest.skip("the program before it was not run")
    if os.environ.get("UPDATE") == "1" and printed != shown:
        page = Path(example.path)
        page.write_text(page.read_text().replace(f"```output\n{shown}```", f"```output\n{printed}```", 1))
        if of := numbers.digest(page):
            numbers.record(numbers.name(page), of)
        return
    assert numbers.SECONDS.sub("#", printed) == numbers.SECONDS.sub("#", shown)


def begin(namespace: dict[str, Any]) -> None:
    """Make the page's folder."""
    namespace["folder"] = Path(tempfile.mkdtemp())


def end(namespace: dict[str, Any]) -> None:
    """Remove it."""
    shutil.rmtree(namespace["folder"])


LANGUAGES = ("python", "shell", "toml", "json")
pytest_collect_file = Sybil(
    parsers=[
        *(CodeBlockParser(each, functools.partial(run, language=each)) for each in LANGUAGES),
        CodeBlockParser("output", compare),
    ],
    pattern="*.md",
    setup=begin,
    teardown=end,
).pytest()
