"""Wherever the caller's code comes from, workers start without it, or one line says what to do."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faulty
import pytest
import ways
from scripts import PACKAGE, TESTS

import kernels
from kernels.workers.main_module import needs_main

OWN = (Path(__file__).parent / "data" / "own.py").read_text()
DEFINED = OWN.partition("if __name__")[0]

# Not guarded, so that a worker that ran it again would start workers of its own.
REGISTERED = """
import kernels
for strategy in {strategies}:
    print(strategy, kernels.run("polynomial", strategy, workers=2, size=4))
"""
BY_REFERENCE = [
    way.values
    for way in ways.PROCESSES
    if way.values[0] not in ways.BY_VALUE
    and way.values[1] != "fork"
    and kernels.why_not("polynomial", way.values[0]) is None
]
IMPORTING = [way for way in ways.PROCESSES if way.values in BY_REFERENCE]
IN_MAIN = f"""
for strategy, method in {BY_REFERENCE}:
    for workload in (sys.modules["__main__"], Twice()):
        try:
            print(kernels.run(workload, strategy, workers=2, start_method=method))
        except kernels.Unsupported as error:
            print(error)
"""

Command = tuple[list[str], str]  # its arguments, and what it reads from standard input


def on_standard_input(code: str, folder: Path) -> Command:
    return ["-"], code


def by_c(code: str, folder: Path) -> Command:
    return ["-c", code], ""


def at_the_prompt(code: str, folder: Path) -> Command:
    return ["-i", "-q"], f"exec({code!r})\n"


def in_a_notebook(code: str, folder: Path) -> Command:
    """Its kernel is a script, or a module, whose ``__main__`` is replaced by one without a file."""
    (folder / "launcher.py").write_text(
        "import sys, types\n"
        "main = sys.modules['__main__'] = types.ModuleType('__main__')\n"
        f"exec({code!r}, vars(main))\n"
    )
    return ["-m", "launcher"], ""


def in_a_zip_file(code: str, folder: Path) -> Command:
    with zipfile.ZipFile(folder / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", code)
    return [str(folder / "app.pyz")], ""


def in_a_package(code: str, folder: Path) -> Command:
    (folder / "package").mkdir()
    (folder / "package" / "__main__.py").write_text(code)
    return ["-m", "package"], ""


def in_a_file(code: str, folder: Path) -> Command:
    (folder / "script.py").write_text(code)
    return ["script.py"], ""


def as_a_module(code: str, folder: Path) -> Command:
    (folder / "script.py").write_text(code)
    return ["-m", "script"], ""


NOT_IMPORTABLE = (on_standard_input, by_c, at_the_prompt, in_a_notebook, in_a_zip_file, in_a_package)
IMPORTABLE = (in_a_file, as_a_module)


def run(source: Callable[[str, Path], Command], code: str, folder: Path) -> tuple[list[str], str]:
    """The lines that it prints, and what it writes to standard error, less the prompt's own."""
    arguments, given = source(code, folder)
    path = os.pathsep.join(map(str, (folder, TESTS, PACKAGE)))
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        timeout=60,
        check=False,
    )
    return done.stdout.splitlines(), done.stderr.replace(">>> ", "").strip()


@pytest.mark.parametrize("source", [*NOT_IMPORTABLE, *IMPORTABLE])
def test_every_strategy_works_where_the_workload_is_defined_elsewhere(source: Any, tmp_path: Path) -> None:
    asked = ways.STRATEGIES if source is on_standard_input else ("shared", "mpi")  # which differ in this
    usable = [each for each in asked if kernels.why_not("polynomial", each) is None]
    assert run(source, REGISTERED.format(strategies=usable), tmp_path) == ([f"{each} 56" for each in usable], "")


@pytest.mark.parametrize("source", NOT_IMPORTABLE)
def test_one_line_says_what_to_do_where_workers_cannot_import_the_workload(source: Any, tmp_path: Path) -> None:
    printed, errors = run(source, DEFINED + IN_MAIN, tmp_path)
    assert errors == ""
    assert len(printed) == 2 * len(BY_REFERENCE)
    for line in printed:
        assert "defined in __main__" in line
        assert "move it into a module or a .py file of its own" in line


@pytest.mark.parametrize("source", NOT_IMPORTABLE)
def test_a_strategy_works_where_it_needs_no_import_of_the_workload(source: Any, tmp_path: Path) -> None:
    ways.need("polynomial", "joblib")
    code = DEFINED + "".join(
        f"print(kernels.run({workload}, {strategy!r}, workers=2, start_method='fork'))\n"
        for strategy in ("serial", "threaded", "shared", "joblib")
        for workload in ("sys.modules['__main__']", "Twice()")
    )
    assert run(source, code, tmp_path) == (["45", "90"] * 4, "")


@pytest.mark.parametrize("source", IMPORTABLE)
@pytest.mark.parametrize(("strategy", "start_method"), IMPORTING)
def test_a_script_without_a_guard_is_told_to_have_one(
    source: Any, strategy: str, start_method: str | None, tmp_path: Path
) -> None:
    ways.need("polynomial", strategy)
    ask = f"print(kernels.run(sys.modules[__name__], {strategy!r}, workers=2, start_method={start_method!r}))\n"
    printed, errors = run(source, DEFINED + ask, tmp_path)
    assert printed == []
    assert errors.splitlines()[-1].endswith('put what it runs under if __name__ == "__main__":')
    assert errors.count("Traceback") - errors.count("During handling of the above") <= 2, errors


def test_a_problem_whose_items_are_defined_in_main_is_found() -> None:
    class Item:
        pass

    Item.__module__ = "__main__"
    assert not needs_main(faulty, faulty.problem(faulty.SIZES["S"]))
    assert not needs_main(None, [1, "text", range(3), len, lambda: None])
    with pytest.raises(kernels.Unsupported, match="defined in __main__"):
        needs_main(faulty, [{"nested": (Item(),)}])
