"""The search for the task length at which half of the time is work, and the tasks that it is done with."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the benchmarks are not installed

from benchmarks import grains  # noqa: E402 - see above
from benchmarks.granularity import half_efficient  # noqa: E402 - see above

ITERATION = 1.3e-7  # seconds, and
CALL = 1.5e-6  # what a task without iterations takes
overheads = st.floats(1e-5, 1e-1)  # seconds, from those of threads to those of processes that are started


def found(time: Callable[[float], float], noise: random.Random | None = None) -> float:
    """What the search makes of a team that needs ``time(length)`` of a worker for each task of that length."""

    def measure(iterations: int) -> tuple[float, float]:
        length = CALL + iterations * ITERATION
        return length, time(length) * (noise.uniform(1, 1.1) if noise else 1)

    return half_efficient(measure, ITERATION)


@given(overheads)
def test_an_overhead_once_per_run_is_the_length_itself(overhead: float) -> None:
    assert found(lambda length: length + overhead) == pytest.approx(overhead, rel=0.05)


@given(overheads)
def test_a_dispatch_behind_which_the_work_hides_is_twice_the_length(dispatch: float) -> None:
    assert found(lambda length: max(length, dispatch)) == pytest.approx(dispatch / 2, rel=0.05)


@given(overheads, overheads)
def test_both_together_come_to_the_length_at_which_half_of_the_time_is_work(overhead: float, dispatch: float) -> None:
    def time(length: float) -> float:
        return overhead + max(length, dispatch)

    length = found(time)
    assert length / time(length) == pytest.approx(0.5, rel=0.05)


@given(overheads, st.integers(0, 2**32))
def test_noise_moves_the_length_by_no_more_than_itself(overhead: float, seed: int) -> None:
    """Runs that take up to a tenth longer make the length of half efficiency up to 22 % longer, and not more."""
    length = found(lambda length: length + overhead, random.Random(seed))
    assert overhead * 0.95 < length < overhead * 1.3


@given(overheads, st.sampled_from([0, 1, 2, 5]), st.floats(0.3, 3))
def test_a_step_that_is_disturbed_early_or_last_does_not_mislead_the_search(
    overhead: float, step: int, factor: float
) -> None:
    steps = iter(range(6))

    def time(length: float) -> float:
        return (length + overhead) * (factor if next(steps) == step else 1)

    assert found(time) == pytest.approx(overhead, rel=0.35)


def test_tasks_are_what_the_standard_says() -> None:
    """PBKDF2-HMAC-SHA-256 with the password 0 and no salt, of one iteration: HMAC of the block's number."""
    import hashlib

    key, message = b"0", b"\0\0\0\1"
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    expected = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()
    assert grains.solve(grains.problem(1)) == [expected]


@pytest.mark.parametrize("iterations", [1, 2, 1000])
def test_parts_join_to_the_whole_and_a_wrong_key_is_noticed(iterations: int) -> None:
    problem = grains.problem(5, iterations=iterations)
    parts = [grains.solve(grains.part(problem, lo, hi)) for lo, hi in ((0, 1), (1, 1), (1, 5))]
    answer = grains.join(parts)
    grains.check(problem, answer)
    for wrong in (answer[:-1], answer[::-1], [*answer[:-1], bytes(32)]):
        with pytest.raises(kernels.WrongAnswer):
            grains.check(problem, wrong)
