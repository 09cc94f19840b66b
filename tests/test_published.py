"""The workloads agree with what others published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from kernels.workloads import parzen, polynomial, strings


def test_polynomial_sums_to_what_is_published() -> None:
    assert 2 * polynomial.solve(polynomial.problem(10**6)) == 499999666667166666000000


def test_strings_stay_what_they_were() -> None:
    """Timings stay comparable only while the work is the same."""
    expected = [b"vg35i4t5pm36", b"sw4drkmxqbzr", b"7ljxnm5x433y", b"zcoxjxc4jtp3"]
    assert strings.solve(strings.problem(4, seed=2024)).tolist() == expected


def test_strings_spell_the_published_outputs_of_splitmix64() -> None:
    """Those for seed 1234567, as the generator's reference implementation gives them."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    written = strings.solve(strings.problem(4, seed=1234567)).tolist()
    digits = [[strings.LETTERS.index(chr(letter)) for letter in string] for string in written]
    assert [sum(digit << 5 * k for k, digit in enumerate(string)) for string in digits] == [
        output % 2**60 for output in published
    ]


# Estimates at the origin for windows of 0.1, 0.2 ... 1.2, from 10,000 points of a standard bivariate
# normal, and the true density there.
PUBLISHED = [0.16, 0.1525, 0.15, 0.154375, 0.156, 0.151944, 0.151429, 0.14671875, 0.147407, 0.1445, 0.142810, 0.140417]
DENSITY = 1 / (2 * np.pi)


def published_problem() -> parzen.Problem:
    samples = np.random.RandomState(123).multivariate_normal([0, 0], [[1, 0], [0, 1]], 10_000)
    return parzen.Problem(samples.T, np.zeros(2), np.arange(1, 13) / 10)


def test_parzen_estimates_what_is_published() -> None:
    estimates = parzen.solve(published_problem())
    assert estimates == pytest.approx(PUBLISHED, abs=5e-7)
    assert np.abs(estimates - DENSITY).argmin() == 0  # the best window has width 0.1


def test_parzen_rejects_the_mistake_of_dividing_by_h_alone() -> None:
    problem = published_problem()
    mistaken = parzen.solve(problem) * problem.widths
    assert mistaken[[0, 1, 2, 10]] == pytest.approx([0.016, 0.0305, 0.045, 0.157091], abs=5e-7)
    assert np.abs(mistaken - DENSITY).argmin() == 10  # and so width 1.1 passes for the best window
    with pytest.raises(kernels.WrongAnswer):
        parzen.check(problem, mistaken)


def test_parzen_with_3_of_10_points_in_the_unit_cube_is_0_3() -> None:
    inside = [[0, 0, 0], [0.2, 0.2, 0.2], [0.1, -0.1, -0.3]]
    outside = [[-1.2, 0.3, -0.3], [0.8, -0.82, -0.9], [1, 0.6, -0.7], [0.8, 0.7, 0.2], [0.7, -0.8, -0.45]]
    outside += [[-0.3, 0.6, 0.9], [0.7, -0.6, -0.8]]
    problem = parzen.Problem(np.array(inside + outside).T, np.zeros(3), np.array([1.0, 2.0]))
    estimates = parzen.solve(problem)
    assert estimates.tolist() == [0.3, 9 / 10 / 2**3]
    parzen.check(problem, estimates)


@pytest.mark.parametrize("d", [1, 2, 3])
@given(shift=st.integers(-8, 8))
def test_parzen_gives_a_uniform_density_exactly_in_any_dimension(d: int, shift: int) -> None:
    """A point in the middle of each of 8^d equal cells of a cube with side 2: the density is 1 / 2^d."""
    centres = np.arange(-7, 8, 2) / 8 + shift
    samples = np.stack([axis.ravel() for axis in np.meshgrid(*[centres] * d)])
    problem = parzen.Problem(samples, np.full(d, float(shift)), np.array([0.5, 1.0, 1.5, 2.0]))
    estimates = parzen.solve(problem)
    assert estimates.tolist() == [1 / 2**d] * 4
    parzen.check(problem, estimates)
