"""Bad input gets one error that names the value and what is allowed, before anything is started."""

import multiprocessing
import multiprocessing.process
import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import kernels
from kernels.workloads import polynomial

WORKLOADS = ", ".join(kernels.workloads())
STRATEGIES = ", ".join(kernels.strategies())
START_METHODS = ", ".join(kernels.team.start_methods())
WORKERS = "workers must be an integer of at least 1"
SIZES = "size must be one of S, M, L, or"
CONTRACT = "it must have SIZES, problem, part, solve, check"

PROBLEM = kernels.problem("polynomial", 10)
LACKING = SimpleNamespace(SIZES={"S": 1}, problem=polynomial.problem, solve=polynomial.solve)
TOGETHER = SimpleNamespace(SIZES={"S": 1}, problem=polynomial.problem, check=polynomial.check, serial=polynomial.solve)

# What is said where `polynomial` is fine, and what must be answered.
TABLE: list[tuple[dict[str, Any], str]] = [
    *(({"workers": value}, f"{WORKERS}, not {value!r}") for value in (0, -1, 1.5, 2.0, float("nan"), "two", True, [2])),
    *(({"workers": 0, "strategy": strategy}, f"{WORKERS}, not 0") for strategy in kernels.strategies()),
    ({"workload": "nope"}, f"workload must be one of {WORKLOADS}, or the path of a .py file, not 'nope'"),
    ({"workload": None}, f"workload 'NoneType' lacks SIZES, problem, part, solve, check; {CONTRACT}"),
    ({"workload": LACKING}, f"workload 'SimpleNamespace' lacks part, check; {CONTRACT}"),
    ({"strategy": "nope"}, f"strategy must be one of {STRATEGIES}, not 'nope'"),
    ({"strategy": None}, f"strategy must be one of {STRATEGIES}, not None"),
    ({"start_method": "nope"}, f"start_method must be one of {START_METHODS}, not 'nope'"),
    ({"start_method": 1}, f"start_method must be one of {START_METHODS}, not 1"),
    ({"size": "XL"}, f"{SIZES} a number of items, not 'XL'"),
    *(({"size": value}, f"{SIZES} an integer of at least 1, not {value!r}") for value in (0, -1, 1.5, True, b"S")),
    *(({"seed": value}, f"seed must be an integer of at least 0, not {value!r}") for value in (-1, 1.5, "one", True)),
    ({"problem": polynomial.Problem(5, 5)}, "the problem must have at least 1 item, not 0"),
    ({"problem": PROBLEM, "size": "S"}, "give either problem, or size and seed, not both"),
    ({"problem": PROBLEM, "seed": 0}, "give either problem, or size and seed, not both"),
    (
        {"workload": TOGETHER},
        "strategy 'pool' cannot run workload 'SimpleNamespace': its coordination is not written out for this",
    ),
]


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Any) -> None:
        pytest.fail(f"{self} was started before the input was found to be bad")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", start)
    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize("call", [kernels.open, kernels.run])
@pytest.mark.parametrize(("bad", "message"), TABLE, ids=lambda value: re.sub(r"\W+", "-", str(value)[:40]))
def test_bad_input(call: Any, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(**{"workload": "polynomial", "strategy": "pool", "workers": 2} | bad)


@pytest.mark.usefixtures("nothing_starts")
def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "nope.py"
    message = f"a workload's file must be an existing Python file, not {str(file)!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kernels.run(str(file), "pool")


@pytest.mark.usefixtures("nothing_starts")
def test_a_file_that_fails_raises_its_own_error_each_time(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("SIZES = {'S': 1 / 0}\n")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kernels.open(str(file), "pool")


@pytest.mark.usefixtures("nothing_starts")
def test_a_file_that_lacks_functions(tmp_path: Path) -> None:
    file = tmp_path / "half.py"
    file.write_text("SIZES = {'S': 1}\ndef problem(size, seed=0): ...\n")
    with pytest.raises(ValueError, match=f"^workload 'half' lacks part, solve, check; {CONTRACT}$"):
        kernels.run(str(file), "pool")


def test_unsupported_is_an_error_of_its_own() -> None:
    with pytest.raises(kernels.Unsupported):
        kernels.open(TOGETHER, "pool")


@pytest.mark.parametrize(("size", "seed"), [("XL", 0), (0, 0), (True, 0), (1.5, 0), ("S", -1), ("S", "one")])
def test_a_problem_alone_is_judged_in_the_same_way(size: Any, seed: Any) -> None:
    with pytest.raises(ValueError, match=r"^(size|seed) must be .*, not"):
        kernels.problem("polynomial", size, seed)
