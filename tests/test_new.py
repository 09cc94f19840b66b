"""A workload's file that is written from a function runs like any workload."""

from pathlib import Path
from typing import Any

import pytest

import kernels
from kernels.__main__ import main
from kernels.contract.loading import load_file
from kernels.errors import WrongAnswer

pytestmark = pytest.mark.usefixtures("nothing_left")

KINDS = {
    "numbers": ["loops:square", "range(20)"],
    "named items": ["loops:square", "loops:SEEDS"],
    "called items": ["loops:half", "loops:seeds"],
    "rows": ["loops:row", "loops:SEEDS"],
    "array": ["loops:total", "loops:GRID"],
    "vectorized": ["loops:doubled", "loops:GRID", "--vectorized"],
    "sum": ["loops:half", "range(20)", "--reduce", "sum"],
    "reduced": ["loops:square", "range(20)", "--reduce", "loops:add"],
    "vectorized sum": ["loops:all_of", "loops:GRID", "--vectorized", "--reduce", "sum"],
    "a name that a workload needs": ["loops:solve", "range(20)"],
    "reduced arrays": ["loops:histogram", "range(20)", "--reduce", "sum"],
    "tuples with NaN": ["loops:pair", "range(20)"],
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What main() sets for a process of its own is set already, and restored after each test."""
    for name in kernels.BLAS_VARIABLES:
        monkeypatch.setenv(name, "1")


def new(file: Path, function: str, items: str, *more: str) -> int:
    return main(["new", str(file), "--function", function, "--items", items, *more])


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_under_every_strategy_and_finds_a_wrong_answer(kind: str, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "mine.py"
    assert new(file, *KINDS[kind]) == 0
    for strategy in ("serial", "threaded", "pool", "shared"):
        kernels.run(str(file), strategy, workers=2, size=15)
    module: Any = load_file(file)
    problem = module.problem(15, seed=3)
    right = module.solve(problem)
    module.check(problem, right)
    with pytest.raises(WrongAnswer):
        module.check(problem, [*right[:-1], wrong(right[-1])] if isinstance(right, list) else wrong(right))


def wrong(answer: Any) -> Any:
    return answer[::-1] if isinstance(answer, tuple) else answer + 1


def test_verify_and_run_take_it(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "mine.py"
    assert new(file, "loops:square", "range(20)") == 0
    assert capsys.readouterr().out == f"wrote {file}; try it: python -m kernels verify {file}\n"
    assert main(["verify", str(file), "--size", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(kernels.strategies()) + 2
    assert all(line.startswith(str(file)) for line in lines[:-2])
    assert main(["run", str(file), "--size", "10", "--rounds", "2"]) == 0
    assert "right, in all of 2 runs" in capsys.readouterr().out


def test_a_function_beside_it_is_imported_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "beside_mine.py").write_text("def thrice(n):\n    return 3 * n\n")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "mine.py"
    assert new(file, f"{tmp_path}/beside_mine.py:thrice", "range(5)") == 0
    assert "from beside_mine import thrice\n" in file.read_text()
    assert kernels.run(str(file), "pool", workers=2, size=4) == [0, 3, 6, 9]


@pytest.mark.parametrize(
    ("name", "function", "items", "told"),
    [
        ("mine.txt", "loops:square", "range(3)", "FILE must be a .py file that is not there yet"),
        ("there.py", "loops:square", "range(3)", "FILE must be a .py file that is not there yet"),
        ("mine.py", "loops:squar", "range(3)", "did you mean 'square'?"),
        ("mine.py", "loops:square", "range(0)", "there must be at least 1 item"),
        ("mine.py", "elsewhere/file.py:square", "range(3)", "must be a module, or be in the folder of"),
        ("mine.py", "loops:Path.exists", "range(3)", "must be a name in its module itself"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(  # noqa: PLR0917
    name: str, function: str, items: str, told: str, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "there.py").write_text("kept")
    with pytest.raises(SystemExit) as exit:
        new(tmp_path / name, function, items)
    assert exit.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("there.py", "kept")]
