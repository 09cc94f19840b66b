"""Work is counted as its field counts it, and told as a rate beside the time."""

import json
from typing import Any

import pytest

import kernels
from kernels.__main__ import main
from kernels.comparing import limits
from kernels.comparing.limits import Limits
from kernels.comparing.rates import Work, in_prefixes, work_of

COUNTED = {
    "dgemm": (10, 2 * 10**3, "flop"),
    "stencil": (10, 19 * 10**2 * 11, "flop"),
    "triad": (10, 24 * 10, "B"),
    "transpose": (10, 16 * 10**2, "B"),
    "pipeline": (10, 10, "messages"),
    "cubes": (10, 10, "tasks"),
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What main() sets for a process of its own is set already, and restored after each test."""
    for name in kernels.BLAS_VARIABLES:
        monkeypatch.setenv(name, "1")


@pytest.mark.parametrize("name", COUNTED)
def test_the_work_of_a_run(name: str) -> None:
    size, amount, unit = COUNTED[name]
    assert work_of(kernels.workload(name), kernels.problem(name, size)) == Work(amount, unit)


def test_a_sparse_product_moves_every_array_once() -> None:
    problem = kernels.problem("spmv", 100)
    entries = len(problem.data)
    expected = 12 * entries + 4 * 101 + 8 * 100 + 8 * 100
    assert work_of(kernels.workload("spmv"), problem) == Work(expected, "B")


def test_a_workload_whose_work_nobody_counts_has_no_rate() -> None:
    assert work_of(kernels.workload("queens"), kernels.problem("queens", 4)) is None


@pytest.mark.parametrize(
    ("rate", "unit", "text"),
    [
        (12.34e9, "B", "12.3 GB/s"),
        (5.0, "flop", "5 flop/s"),
        (2e13, "flop", "20 Tflop/s"),
        (12345.6, "tasks", "12,346 tasks/s"),
    ],
)
def test_a_rate_for_people(rate: float, unit: str, text: str) -> None:
    assert in_prefixes(rate, unit) == text


def test_run_and_compare_print_the_rate(capsys: Any) -> None:
    assert main(["run", "triad", "--size", "1000", "--rounds", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["work"] == {"amount": 24000.0, "unit": "B"}
    assert found["rate"] == 24000 / found["best"]
    assert main(["run", "triad", "--size", "1000", "--rounds", "2"]) == 0
    assert "B/s\n" in capsys.readouterr().out
    quick = ["--size", "1000", "--rounds", "2", "--strategies", "serial"]
    assert main(["compare", "triad", *quick]) == 0
    assert "rate\n" in capsys.readouterr().out
    assert main(["compare", "queens", "--size", "4", *quick[2:]]) == 0
    assert "rate\n" not in capsys.readouterr().out


def test_the_limits_of_the_machine_are_measured(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(limits, "COPIED", 2**16)
    monkeypatch.setattr(limits, "DGEMM", 100)
    assert main(["info", "--measure", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["limits"]
    assert found["cpus"] == kernels.cpus()
    assert found["bandwidth"] > 0
    assert found["peak"] > 0
    assert main(["info", "--measure"]) == 0
    text = capsys.readouterr().out
    assert "B/s, copying on" in text
    assert "flop/s, dgemm on" in text
    assert main(["run", "triad", "--size", "1000", "--measure"]) == 0
    assert "of the limit" in capsys.readouterr().out
    assert main(["compare", "triad", "--size", "1000", "--rounds", "2", "--strategies", "serial", "--measure"]) == 0
    assert "serial reaches " in capsys.readouterr().out


def test_the_share_of_a_limit() -> None:
    known = Limits(bandwidth=100.0, peak=1000.0, cpus=2)
    assert known.share(Work(50, "B"), 1.0) == 0.5
    assert known.share(Work(50, "flop"), 0.1) == 0.5
    assert known.share(Work(50, "tasks"), 1.0) is None
