"""``kernels.compare``: which strategy is the fastest for a function and its items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kernels.workers.main_module import end_unguarded

if TYPE_CHECKING:  # what measures is imported when it is used: workers import this too
    from kernels.loops.result import Result

STRATEGIES = ("serial", "threaded", "pool", "shared", "futures", "interpreters", "joblib")
LIMIT_SECONDS = 60.0
WARM_UP_ROUNDS = 2


def compare(
    function: Callable[..., Any] | str,
    items: Iterable[Any] | str,
    workers: Sequence[int] | None = None,
    *,
    strategies: Sequence[str] = STRATEGIES,
    reduce: Callable[..., Any] | None = None,
    check: Callable[[Any, Any], Any] | str | None = None,
    rtol: float | None = None,
    vectorized: bool = False,
    chunk: int | None = None,
    start_method: str | None = None,
    seed: int = 0,
    rounds: int | None = None,
    warmup: int = WARM_UP_ROUNDS,
    max_time: float | None = None,
    limit: float = LIMIT_SECONDS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Result:
    """Compare the strategies on a function of yours and its items, and advise one.

    How many of the items are used is found out: as many as a serial run of about a quarter of a second takes.

    Parameters
    ----------
    function
        Called with one item; or ``"module:function"`` or ``"path/to/file.py:function"``.
    items
        A list, a range, an array, which is cut along its first axis as views, or anything that can be gone
        through, which is listed first; or the same as text, such as ``"module:name"``.
    workers
        Numbers of workers; by default 1, 2, 4 and so on, up to the usable CPUs.
    strategies
        Those that cannot run the function are left out, with the reason.
    reduce
        ``sum``, or an associative function of two answers; without it the answer is the list of the answers.
    check
        ``check(items, answer)``, which raises or returns False where the answer is wrong; or ``"none"``.
        Without it the answer of every run is compared with that of serial.
    rtol
        Within which numbers are equal: by default exactly, or 1e-9 where floating-point numbers are reduced.
    vectorized
        The function takes a slice of the array of items, and returns an array of as many answers; where there
        is a `reduce`, the one answer of the slice.
    chunk
        How many items a worker is handed at a time; by default a quarter of its share, and smaller chunks are
        tried where items take unequal times.
    max_time
        Seconds that the rounds of warm runs may take; by default 15, or what eight of them take.
    limit
        Seconds after which a run has hung, where this is called in the main thread. Workers are then ended, and
        the strategy is left out; but nothing ends a thread, for which Python waits at the end of the program.

    Raises
    ------
    ValueError
        For bad input.
    Failed
        Where the function itself raises, hangs, changes its items or is not deterministic.
    """
    end_unguarded()
    from kernels.loops.comparison import compared

    return compared(
        function,
        items,
        workers,
        strategies=strategies,
        reduce=reduce,
        check=check,
        rtol=rtol,
        vectorized=vectorized,
        chunk=chunk,
        start_method=start_method,
        seed=seed,
        rounds=rounds,
        warmup=warmup,
        max_time=max_time,
        limit=limit,
        progress=progress,
    )
