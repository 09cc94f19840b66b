"""Every workload keeps the contract, and knows a wrong answer."""

import ast
import dataclasses
import functools
import itertools
import numbers
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import COORDINATED, INDEPENDENT, arrays, contents, problems_of, same, seeds, sizes_of

import kernels
from kernels.contract.parts import joiner

each_workload = pytest.mark.parametrize("name", INDEPENDENT)
often = settings(max_examples=40)


@pytest.mark.parametrize("name", kernels.workloads())
def test_sizes_are_s_m_and_l_and_grow(name: str) -> None:
    sizes = kernels.workload(name).SIZES
    assert list(sizes) == ["S", "M", "L"]
    assert sizes["S"] < sizes["M"] < sizes["L"]
    assert contents(kernels.problem(name, "S")) == contents(kernels.problem(name, sizes["S"]))


def test_mypy_checks_each_workload_as_what_it_is() -> None:
    source = Path(str(sys.modules["kernels.workloads"].__file__)).read_text()
    listed = {
        node.target.id: {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value
    }
    assert (listed["INDEPENDENT"], listed["COORDINATED"]) == (set(INDEPENDENT), set(COORDINATED))


@each_workload
@often
@given(data=st.data())
def test_a_problem_has_items_and_cannot_be_changed(name: str, data: st.DataObject) -> None:
    problem = data.draw(problems_of(name))
    assert len(problem) >= 1
    assert not any(array.flags.writeable for array in arrays(problem).values())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(problem, dataclasses.fields(problem)[0].name, None)


@each_workload
@often
@given(data=st.data())
def test_a_size_and_a_seed_always_give_the_same_problem(name: str, data: st.DataObject) -> None:
    size, seed = data.draw(sizes_of(name)), data.draw(seeds)
    assert contents(kernels.problem(name, size, seed)) == contents(kernels.problem(name, size, seed))


@each_workload
@often
@given(data=st.data())
def test_a_part_is_a_view_of_items_lo_to_hi(name: str, data: st.DataObject) -> None:
    problem = data.draw(problems_of(name))
    lo = data.draw(st.integers(0, len(problem) - 1))
    hi = data.draw(st.integers(lo + 1, len(problem)))
    part = kernels.workload(name).part(problem, lo, hi)
    assert len(part) == hi - lo
    whole = arrays(problem)
    assert all(np.shares_memory(array, whole[field]) for field, array in arrays(part).items() if array.size)


@each_workload
@often
@given(data=st.data())
def test_parts_solved_and_joined_make_the_whole(name: str, data: st.DataObject) -> None:
    workload, problem = kernels.workload(name), data.draw(problems_of(name))
    cuts = data.draw(st.sets(st.integers(1, len(problem)), max_size=20))
    spans = itertools.pairwise(sorted({0, *cuts, len(problem)}))
    joined = joiner(workload, None)([workload.solve(workload.part(problem, lo, hi)) for lo, hi in spans])
    workload.check(problem, joined)
    assert same(joined, workload.solve(problem))


@pytest.mark.parametrize("name", [name for name in INDEPENDENT if hasattr(kernels.workload(name), "empty")])
@often
@given(data=st.data())
def test_an_array_answer_is_written_where_it_is_told(name: str, data: st.DataObject) -> None:
    workload, problem = kernels.workload(name), data.draw(problems_of(name))
    out = workload.empty(problem)
    out.fill(1)
    assert workload.solve(problem, out=out) is out
    workload.check(problem, out)


@each_workload
@settings(max_examples=10)
@given(data=st.data())
def test_check_accepts_the_right_answer_and_no_other(name: str, data: st.DataObject) -> None:
    workload, problem = kernels.workload(name), data.draw(problems_of(name))
    answer = workload.solve(problem)
    workload.check(problem, answer)
    for wrong in (*wrong_in_one_place(answer), *wrong_in_kind(answer)):
        with pytest.raises(kernels.WrongAnswer):
            workload.check(problem, wrong)


@functools.singledispatch
def wrong_in_one_place(answer: Any) -> Iterator[Any]:
    """Answers of the right kind with one wrong element; a dataclass unless registered below."""
    for field in dataclasses.fields(answer):
        for value in wrong_in_one_place(getattr(answer, field.name)):
            yield dataclasses.replace(answer, **{field.name: value})


@wrong_in_one_place.register
def _(answer: np.ndarray) -> Iterator[Any]:
    for place in {0, answer.size // 3, answer.size - 1}:
        for element in wrong_in_one_place(answer.flat[place].item()):
            wrong = answer.copy()
            wrong.flat[place] = element
            yield wrong


@wrong_in_one_place.register
def _(answer: tuple) -> Iterator[Any]:
    for place, element in enumerate(answer):
        for value in wrong_in_one_place(element):
            yield (*answer[:place], value, *answer[place + 1 :])


@wrong_in_one_place.register
def _(answer: numbers.Real) -> Iterator[Any]:
    yield from (answer + 1, answer - 1)


@wrong_in_one_place.register
def _(answer: float) -> Iterator[Any]:
    yield from (answer + 1, answer * 1.001 + 1e-6, float("nan"), float("inf"))


@wrong_in_one_place.register
def _(answer: bytes) -> Iterator[Any]:
    yield from (answer[:-1], answer[::-1] + b"!", b"")


def wrong_in_kind(answer: Any) -> Iterator[Any]:
    """Answers of another type, shape or length."""
    yield from (None, str(answer), [answer])
    if isinstance(answer, np.ndarray):
        other = {"f": "float32", "i": "int32", "u": "uint32", "S": "S40"}[answer.dtype.kind]
        yield from (answer.astype(other), answer.astype(object), answer.tolist())
        yield from (answer[:-1], np.concatenate([answer, answer[:1]]), answer[..., np.newaxis], answer[np.newaxis])
    elif isinstance(answer, int):
        yield from (float(answer), np.array([answer], object))
