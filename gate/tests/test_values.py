"""What a ``track_`` benchmark returns may be anything: it is judged, or said to be no number."""

import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import project
import pytest
from commands import asv_gate
from hypothesis import given
from hypothesis import strategies as st

from asv_gate import tracked
from asv_gate.change import LARGEST, log_ratio
from asv_gate.metrics import Size, Values, judge
from asv_gate.overrides import is_rate


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, "0.0"),
        (-3, "-3.0"),
        (True, "1.0"),
        (10**30, "1e+30"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7.0"),
        (np.array(7), "7.0"),
        (Decimal("0.25"), "0.25"),
        (Decimal("Infinity"), "inf"),
        (Fraction(1, 4), "0.25"),
    ],
)
def test_what_is_a_number_is_taken_as_one(value: Any, number: str) -> None:
    assert tracked.as_number(value) == {"number": number}


class Odd:
    def __float__(self) -> float:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    [None, "5", b"5", math.nan, Decimal("NaN"), 10**400, -(10**5000), 1j, [1], {}, np.array([1, 2]), Odd(), object()],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_is_said_to_be_none(value: Any) -> None:
    answer = tracked.as_number(value)
    assert list(answer) == ["refused"]
    assert answer["refused"].startswith("gave ")
    json.dumps(answer, allow_nan=False)


values = st.floats(allow_nan=False)


@given(values, values)
def test_exchanged_sides_change_the_sign_of_a_change(base: float, head: float) -> None:
    change = float(log_ratio(base, head))
    assert change == -float(log_ratio(head, base))
    assert abs(change) <= LARGEST
    assert (change > 0) == (head > base) or change == 0


@pytest.mark.parametrize(
    ("base", "head", "size"),
    [
        (0.0, 5.0, Size.LARGER),
        (5.0, 0.0, Size.SMALLER),
        (0.0, 0.0, Size.SAME),
        (1.0, math.inf, Size.LARGER),
        (math.inf, math.inf, Size.SAME),
        (-math.inf, 1.0, Size.LARGER),
        (-5.0, -3.0, Size.LARGER),
        (-3.0, -3.01, Size.SAME),
        (-1.0, 1.0, Size.LARGER),
        (1e-320, 2e-320, Size.LARGER),
        (100.0, 104.0, Size.SAME),
        (100.0, 106.0, Size.LARGER),
    ],
)
def test_a_change_is_one_whatever_it_is_from(base: float, head: float, size: Size) -> None:
    assert judge([Values(base, head)] * 2, 0.05) is size


@pytest.mark.parametrize("unit", ["ops/s", "MB/s", "requests per second", "GFLOPS", "Hz", "fps", "items / sec"])
def test_more_of_a_rate_is_better(unit: str) -> None:
    assert is_rate(unit)


@pytest.mark.parametrize("unit", ["seconds", "s/op", "ms", "bytes", "unit", "", "Seconds (lower is better)", "stops"])
def test_more_of_anything_else_is_not(unit: str) -> None:
    assert not is_rate(unit)


SUITE = """
import math
from decimal import Decimal
import thing

NEW = thing.COUNT > 7

def track_zero(): return 5 if NEW else 0
def track_infinite(): return math.inf if NEW else 1
def track_decimal(): return Decimal(9 if NEW else 7)
def track_same_infinite(): return -math.inf
def track_huge(): return 10 ** 400
def track_none(): return None
def track_text(): return "7"
def track_better(): return 9 if NEW else 7
track_better.asv_gate = {"larger_is_better": True}
def track_tolerated(): return 9 if NEW else 7
def track_unwanted(): return 9 if NEW else 7
def track_gone(): return math.nan if NEW else 7
"""


def test_a_run_has_a_verdict_on_what_can_be_judged_and_a_word_on_the_rest(tmp_path: Path) -> None:
    folder = project.make(tmp_path)
    (folder / "bench" / "suite.py").write_text(SUITE)
    project.configure(folder, asv_gate={"tolerated": {"threshold": "50%"}, "unwanted": {"excluded": True}})
    request = ("run", "base", "larger", "--report", "reports", "--installations", "1")
    done = asv_gate(folder, *request, "--bench", "track_(?!gone)")
    assert done.status == 1, done.said
    found = json.loads((folder / "reports" / "report.json").read_text(), parse_constant=pytest.fail)
    verdicts = {row["name"].removeprefix("suite.track_"): row["verdict"] for row in found["benchmarks"]}
    assert verdicts == {
        "zero": "larger",
        "infinite": "larger",
        "decimal": "larger",
        "better": "larger",
        "same_infinite": "no change seen",
        "tolerated": "no change seen",
        "huge": "could not measure",
        "none": "could not measure",
        "text": "could not measure",
    }
    assert "Slower or larger: suite.track_zero, suite.track_infinite, suite.track_decimal." in done.output
    for line in next((folder / ".asv-gate" / "runs").glob("*/journal.jsonl")).read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)

    gone = asv_gate(folder, *request, "--bench", "track_gone")
    assert gone.status == 2, gone.said
    assert "gave NaN" in gone.output
