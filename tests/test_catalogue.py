"""What is particular to a workload, beyond what all of them promise."""

import dataclasses
import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import kernels
from kernels.workloads import dgemm, ep, parzen, parzen_temporaries, queens, spmv, transpose


@pytest.mark.parametrize(("rows", "solutions"), [(1, 1), (2, 0), (3, 0), (4, 2), (8, 92), (10, 724), (12, 14200)])
def test_queens_finds_as_many_solutions_as_are_known(rows: int, solutions: int) -> None:
    assert queens.solve(queens.problem(rows)) == solutions


@pytest.mark.parametrize("rows", range(1, 9))
def test_queens_knows_the_count_of_a_board_without_having_looked_it_up(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = queens.PUBLISHED[rows]
    monkeypatch.setattr(queens, "PUBLISHED", ())
    queens.check(queens.problem(rows), published)
    with pytest.raises(kernels.WrongAnswer):
        queens.check(queens.problem(rows), published + 1)


@pytest.mark.parametrize("rows", range(2, 8))
def test_queens_checks_each_branch_by_itself(rows: int) -> None:
    whole = queens.problem(rows)
    counts = []
    for item in range(len(whole)):
        branch = queens.part(whole, item, item + 1)
        counts.append(queens.solve(branch))
        queens.check(branch, counts[-1])
        with pytest.raises(kernels.WrongAnswer):
            queens.check(branch, counts[-1] + 1)
    assert sum(counts) == queens.PUBLISHED[rows]


def test_queens_needs_no_numpy() -> None:
    """It does not import in a subinterpreter."""
    code = "import sys, kernels.workloads.queens; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def ep_by_definition(batches: int) -> tuple[float, float, list[int]]:
    """The sums and counts from NPB's seed on, a number at a time in the order of the sequence."""
    state = ep.SEED
    xs, ys = [], []
    counts = [0] * ep.ANNULI
    for _ in range(batches * ep.PAIRS):
        state = state * 5**13 % 2**46
        x = 2 * (state / 2**46) - 1
        state = state * 5**13 % 2**46
        y = 2 * (state / 2**46) - 1
        t = x * x + y * y
        if t <= 1:
            factor = math.sqrt(-2 * math.log(t) / t)
            xs.append(x * factor)
            ys.append(y * factor)
            counts[int(max(abs(xs[-1]), abs(ys[-1])))] += 1
    return math.fsum(xs), math.fsum(ys), counts


def test_ep_is_its_definition() -> None:
    sx, sy, counts = ep_by_definition(ep.SIZES["S"])
    tally = ep.solve(kernels.problem("ep", "S"))
    assert float(tally.sx) == pytest.approx(sx, rel=1e-12)
    assert float(tally.sy) == pytest.approx(sy, rel=1e-12)
    assert list(tally.counts) == counts
    table = ep.REFERENCES[ep.SIZES["S"]]
    assert table[:2] == pytest.approx((sx, sy), rel=1e-12)
    assert list(table[2]) == counts[: len(table[2])]


def test_ep_gives_the_sums_and_counts_of_npb_class_s() -> None:
    tally = ep.solve(ep.problem(2**24 // ep.PAIRS))
    assert float(tally.sx) == pytest.approx(-3.247834652034740e3, rel=1e-8)
    assert float(tally.sy) == pytest.approx(-6.958407078382297e3, rel=1e-8)
    assert tally.counts == (6140517, 5865300, 1100361, 68546, 1648, 17, 0, 0, 0, 0)


@pytest.mark.parametrize("size", ["S", "M"])
def test_ep_agrees_with_its_table_in_either_arithmetic(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = kernels.problem("ep", size)
    answer = ep.solve(problem)
    ep.check(problem, answer)
    monkeypatch.setattr(ep, "REFERENCES", {})
    ep.check(problem, answer)


@pytest.mark.parametrize("problem", [kernels.problem("ep", "S"), ep.problem(3, seed=5), ep.part(ep.problem(9), 4, 7)])
def test_ep_notices_a_batch_that_was_left_out_or_counted_twice(problem: ep.Problem) -> None:
    batches = [ep.solve(ep.part(problem, i, i + 1)) for i in range(len(problem))]
    ep.check(problem, ep.join(batches))
    for wrong in (batches[1:], [*batches, batches[0]], [*batches[1:], batches[1]]):
        with pytest.raises(kernels.WrongAnswer):
            ep.check(problem, ep.join(wrong))


@pytest.mark.parametrize(("lo", "hi"), [(0, 300), (0, 1), (299, 300), (120, 290)])
def test_dgemm_is_the_product_of_whole_numbers(lo: int, hi: int) -> None:
    """NumPy multiplies matrices of integers without BLAS."""
    rows = dgemm.part(dgemm.problem(300, seed=3), lo, hi)
    expected = rows.a.astype(np.int64) @ rows.b.astype(np.int64)
    assert np.array_equal(dgemm.solve(rows), expected)
    dgemm.check(rows, expected.astype(np.float64))


def test_dgemm_stays_exact_at_its_largest() -> None:
    """All that is summed is whole and positive: the largest element bounds it."""
    n, seed = dgemm.SIZES["L"], dgemm.SEEDS - 1
    assert sum((seed + n - 1 + k) * (n - 1 + k) for k in range(n)) < 2**53


def test_dgemm_notices_rows_in_the_wrong_place() -> None:
    problem = dgemm.problem(300)
    answer = dgemm.solve(problem)
    with pytest.raises(kernels.WrongAnswer):
        dgemm.check(problem, np.roll(answer, 1, axis=0))


SEVERAL_BLOCKS = 2 * spmv.BLOCK + 5  # rows


@pytest.fixture(scope="module")
def matrix() -> spmv.Problem:
    return spmv.problem(SEVERAL_BLOCKS, seed=1)


def test_spmv_is_the_sum_over_each_row(matrix: spmv.Problem) -> None:
    rows = np.repeat(np.arange(len(matrix)), np.diff(matrix.indptr))
    expected = np.zeros(len(matrix))
    np.add.at(expected, rows, matrix.data * matrix.x[matrix.indices])
    assert np.array_equal(spmv.solve(matrix), expected)
    spmv.check(matrix, expected)


@pytest.mark.parametrize(("lo", "hi"), [(0, 1), (SEVERAL_BLOCKS - 1, SEVERAL_BLOCKS), (3, spmv.BLOCK + 100)])
def test_spmv_solves_parts_of_parts(matrix: spmv.Problem, lo: int, hi: int) -> None:
    answer = spmv.solve(matrix)
    part = spmv.part(matrix, lo, hi)
    spmv.check(part, answer[lo:hi])
    middle = (hi - lo) // 2
    for first, last in ((0, middle + 1), (middle, hi - lo)):
        piece = spmv.part(part, first, last)
        assert np.array_equal(spmv.solve(piece), answer[lo + first : lo + last])
        spmv.check(piece, answer[lo + first : lo + last])


def test_spmv_copies_no_entries(matrix: spmv.Problem) -> None:
    """SciPy would copy those of a part, being views, and a strategy would pay for it."""
    part = spmv.part(matrix, 0, len(matrix) // 3)
    out = spmv.empty(part)
    tracemalloc.start()
    spmv.solve(part, out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < part.indices.nbytes / 2


def test_parzen_measures_arithmetic_and_its_twin_memory_allocation() -> None:
    """The same estimates to the last bit; but one fills arrays that it has, and the other makes one for each step."""
    problem = parzen.problem(8)
    answers, peaks = [], []
    for solve in (parzen.solve, parzen_temporaries.solve):
        tracemalloc.start()
        answers.append(solve(problem))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert np.array_equal(answers[0], answers[1])
    distances = problem.samples[0].nbytes
    assert peaks[0] < 1.5 * distances
    assert peaks[1] > 2 * distances


def test_spmv_notices_columns_that_are_off_by_one(matrix: spmv.Problem) -> None:
    shifted = dataclasses.replace(matrix, x=np.roll(matrix.x, 1))
    with pytest.raises(kernels.WrongAnswer):
        spmv.check(matrix, spmv.solve(shifted))


def test_spmv_notices_one_wrong_element_in_the_last_block(matrix: spmv.Problem) -> None:
    answer = spmv.solve(matrix)
    answer[-1] += 1
    with pytest.raises(kernels.WrongAnswer):
        spmv.check(matrix, answer)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
def test_transpose_is_numpys(n: int) -> None:
    problem = transpose.problem(n, seed=n)
    assert np.array_equal(transpose.solve(problem), problem.a.T)
    for lo, hi in ((0, 1), (n // 3, n), (n - 1, n)):
        columns = transpose.part(problem, lo, hi)
        answer = transpose.solve(columns)
        assert np.array_equal(answer, problem.a[:, lo:hi].T)
        transpose.check(columns, answer)


def test_transpose_notices_a_matrix_that_was_only_copied() -> None:
    problem = transpose.problem(600)
    with pytest.raises(kernels.WrongAnswer):
        transpose.check(problem, problem.a.copy())
