"""A function is tried, serially, before anything is compared: what it takes, what it answers, how it misbehaves."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.comparing.limit import Hung, limited
from kernels.comparing.measurement import Endless
from kernels.contract.parts import spans
from kernels.errors import Failed
from kernels.loops import sending
from kernels.loops.answers import REDUCED_RTOL, difference, has_floats
from kernels.loops.loop import Loop, make
from kernels.loops.sample import every

TARGET_SECONDS = 0.25  # of a serial run: that of all items, where they take less
ALL_SECONDS = 1.0  # up to which all items are taken
FORK_SECONDS = 5.0


@dataclass(frozen=True)
class Trial:
    """What was found out.

    Attributes
    ----------
    loop
        The workload: as many items as a sample takes, and the answer that is expected.
    seconds_per_item
        Of a serial run.
    longest
        The time of the longest of the parts that strategies make, divided by that of the mean one.
    checked
        How answers are checked, as a sentence.
    notes
        What the function does that its user may not know.
    """

    loop: Loop
    seconds_per_item: float
    longest: float
    checked: str
    notes: tuple[str, ...]


def tried(
    function: Callable[..., Any],
    items: Sequence[Any],
    *,
    reduce: Callable[..., Any] | None,
    check: Callable[[Any, Any], Any] | str | None,
    rtol: float | None,
    vectorized: bool,
    chunk: int | None,
    most_workers: int,
    limit: float,
    give_up: Callable[[str], None] | None,
) -> Trial:
    """Try the function. Raises Failed where it raises, hangs, ends the process or changes its items."""
    name = sending.name_of(function)
    hung = f"{name} did not end within {limit:g} s, when it was called in this process with no workers: see --limit"
    printed = io.StringIO()
    last_resort = None if give_up is None else lambda: give_up(hung)
    try:
        with contextlib.redirect_stdout(printed), limited(limit, last_resort):
            notes = _first_call(function, items, vectorized)
            sample = _sampled(function, items, vectorized, most_workers)
            loop = make(function, sample, reduce=reduce, row=None, vectorized=vectorized, chunk=chunk)
            expected, seconds, longest = _timed_parts(loop, sample, most_workers)
            again = loop.solve(loop.problem(len(sample))) if check is None else None
    except Hung:
        raise Endless(hung) from None
    if vectorized and reduce is None:
        _require_rows(name, expected, sample)
    rounded = reduce is not None and has_floats(expected)
    rtol = (REDUCED_RTOL if rounded else 0.0) if rtol is None else rtol
    test = check if callable(check) else None
    if check is None:
        found = difference(again, expected, rtol)
        if found is not None:
            raise Failed(
                f"{name} is not deterministic: two runs of the same items differ, {found}. Seed it by the item, give "
                "rtol where the difference is one of rounding, or compare anyway with check none"
            )
    if printed.getvalue():
        notes.append(f"{name} prints: what it prints is dropped while it is measured")
    row = None if reduce is not None else _row(expected, vectorized)
    loop = make(
        function,
        sample,
        reduce=reduce,
        row=row,
        vectorized=vectorized,
        chunk=chunk,
        prints=bool(printed.getvalue()),
        expected=(expected,) if check is None else None,
        rtol=rtol,
        test=test,
    )
    return Trial(loop, seconds / len(sample), longest, _how_checked(check, rtol, rounded), tuple(notes))


def _how_checked(check: Any, rtol: float, rounded: bool) -> str:
    if check == "none":
        return "the answers were not checked, as was asked for"
    if check is not None:
        return f"the answer of every run was checked by {sending.name_of(check)}"
    within = f", within {rtol:g}" if rtol else ", exactly"
    why = ", since floating-point numbers are added in another order" if rounded and rtol else ""
    return f"the answer of every run was compared with that of serial{within}{why}; nothing else was checked"


def _first_call(function: Callable[..., Any], items: Sequence[Any], vectorized: bool) -> list[str]:
    """Call it with the first item, and watch what else it does."""
    name, item = sending.name_of(function), items[:1] if vectorized else items[0]
    before = _bytes(item)
    with _forks() as forked:
        _call(function, item, name, 0)
    if before is not None and _bytes(item) != before:
        raise Failed(
            f"{name} changes its items: item 0 is not the same after it, so that a second run gives another answer. "
            "Let it change a copy"
        )
    if forked:
        return [f"{name} starts processes of its own, which compete with the workers for the CPUs"]
    return []


def _call(function: Callable[..., Any], item: Any, name: str, number: int) -> Any:
    try:
        return function(item)
    except SystemExit as error:
        raise Failed(f"{name} ends the program: sys.exit({error.code!r}) at item {number}") from error
    except Exception as error:
        more = ""
        if "read-only" in str(error):
            more = " (the items are read-only here: a function that changes its items would change what others read)"
        raise Failed(f"{name} raised {type(error).__name__} at item {number}: {error}{more}") from error


@contextlib.contextmanager
def _forks() -> Iterator[list[bool]]:
    """Yields what is true afterwards where the block forked. A child that comes out of the block ends at once.

    Raises Failed where one did: it would go on with this program a second time.
    """
    forked: list[bool] = []
    if not hasattr(os, "fork"):
        yield forked
        return
    pid = os.getpid()
    theirs, ours = os.pipe()
    try:
        _note_forks_in(forked)
        yield forked
    finally:
        _note_forks_in(None)
        if os.getpid() != pid:
            os.write(ours, f"{os.getpid()} ".encode())
            os._exit(0)
        os.close(ours)
        came_out = b""
        if forked and select.select([theirs], [], [], FORK_SECONDS)[0]:
            came_out = os.read(theirs, 1024)
        os.close(theirs)
        for child in came_out.split():
            with contextlib.suppress(ChildProcessError):  # a child of a child
                os.waitpid(int(child), 0)
        if came_out:
            raise Failed("the function forks, and the child returns from it: let the child end by os._exit")


_told: list[list[bool] | None] = []  # the list that is told of a fork, once the hook is there: it stays for ever


def _note_forks_in(found: list[bool] | None) -> None:
    def note() -> None:
        now = _told[0]
        if now is not None:
            now.append(True)

    if not _told:
        _told.append(found)
        os.register_at_fork(after_in_parent=note)
    _told[0] = found


def _sampled(function: Callable[..., Any], items: Sequence[Any], vectorized: bool, most_workers: int) -> Any:
    """As many as a serial run of about `TARGET_SECONDS` takes, or all of them where they take less than a second."""
    name, count = sending.name_of(function), 1
    while True:
        chosen = every(items, count)
        begin = time.perf_counter()
        if vectorized:
            _call(function, chosen, name, 0)
        else:
            for number, item in enumerate(chosen):
                _call(function, item, name, number)
        seconds = max(time.perf_counter() - begin, 1e-9)
        if len(chosen) >= len(items):
            break
        if seconds >= TARGET_SECONDS / 4 or count >= len(items):
            break
        count = min(len(items), count * max(2, min(16, int(TARGET_SECONDS / 2 / seconds))))
    each = seconds / len(chosen)
    if each * len(items) <= ALL_SECONDS:
        return items
    return every(items, min(len(items), max(most_workers, round(TARGET_SECONDS / each))))


def _timed_parts(loop: Loop, sample: Any, most_workers: int) -> tuple[Any, float, float]:
    """The answer of a serial run and its seconds; and how much longer than the mean part the longest one takes."""
    problem = loop.problem(len(sample))
    begin = time.perf_counter()
    answer = loop.solve(problem)
    seconds = time.perf_counter() - begin
    if loop.vectorized:
        return answer, seconds, 1.0
    cut = spans(len(sample), most_workers)
    times = [float("inf")] * len(cut)
    for _ in range(3):  # of which the least counts, which other programs disturb less
        for number, (lo, hi) in enumerate(cut):
            begin = time.perf_counter()
            loop.solve(loop.part(problem, lo, hi))
            times[number] = min(times[number], time.perf_counter() - begin)
    return answer, min(seconds, sum(times)), max(times) * len(times) / max(sum(times), 1e-9)


def _require_rows(name: str, answer: Any, sample: Any) -> None:
    import numpy as np

    if not isinstance(answer, np.ndarray) or answer.ndim < 1 or len(answer) != len(sample):
        got = f"an array of shape {answer.shape}" if isinstance(answer, np.ndarray) else type(answer).__name__
        raise Failed(
            f"{name} must return an array with an answer for each of its {len(sample)} items where it is vectorized, "
            f"not {got}; where it returns one answer for all of them, give reduce"
        )


def _row(answer: Any, vectorized: bool) -> tuple[tuple[int, ...], str] | None:
    """The shape and type of an item's answer, where all are arrays of the same."""
    import numpy as np

    if vectorized:
        return (answer.shape[1:], answer.dtype.str) if answer.dtype.isbuiltin and not answer.dtype.hasobject else None
    if not all(isinstance(each, np.ndarray) and each.ndim for each in answer):
        return None
    kinds = {(each.shape, each.dtype.str, each.dtype.hasobject, each.dtype.isbuiltin) for each in answer}
    shape, dtype, has_objects, builtin = kinds.pop()
    return (shape, dtype) if not kinds and builtin and not has_objects else None


def _bytes(item: Any) -> bytes | None:
    try:
        return pickle.dumps(item)
    except Exception:  # what cannot be pickled cannot be compared either
        return None


def silent(loop: Loop) -> contextlib.AbstractContextManager[Any]:
    """While a function that prints is measured: nothing of it is seen."""
    return contextlib.redirect_stdout(io.StringIO()) if loop.prints else contextlib.nullcontext()
