"""A function and its items as a workload: an item is what the function is called with."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from kernels.errors import WrongAnswer
from kernels.loops import sending
from kernels.loops.answers import difference

if TYPE_CHECKING:
    import numpy as np

IN_PLACE = ("serial", "threaded", "dask_threaded")  # strategies to whose workers nothing is sent


@dataclass(frozen=True)
class Items:
    """The items, or some consecutive ones of them; an array is cut along its first axis, as a view."""

    items: Any

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Loop:
    """The workload. Its answer is the list of the function's answers, or what `reduce` makes of them.

    Attributes
    ----------
    function
        Called with each item; where `vectorized`, with a slice of the array of items, of which it
        returns the answers, or where there is a `reduce` the slice's answer.
    reduce
        ``sum``, or an associative function of two answers.
    chunk
        How many items a part has at most; None leaves that to the strategy.
    prints
        Whether what the function prints is to be dropped in workers.
    payload, unsendable
        The function for other processes; or why it cannot be sent there.
    sample, expected, rtol, test
        The items of :meth:`problem`, and how answers are checked: by `test`, or by comparison with
        `expected`; not at all where both are None. They stay in this process.
    """

    function: Callable[..., Any]
    reduce: Callable[..., Any] | None = None
    vectorized: bool = False
    chunk: int | None = None
    prints: bool = False
    row: tuple[tuple[int, ...], str] | None = None
    payload: bytes = b""
    unsendable: str | None = None
    sample: Any = None
    expected: Any = None
    rtol: float = 0.0
    test: Callable[[Any, Any], Any] | None = None
    home: int | None = None

    allocates = True  # the answers are objects that the function makes: nothing is copied in the caller's process
    stays = ("sample", "expected", "test")

    @property
    def __name__(self) -> str:
        return sending.name_of(self.function)

    @property
    def SIZES(self) -> Mapping[str, int]:  # noqa: N802 - a constant of a workload
        """Any size is a number of items."""
        return {"all": 0 if self.sample is None else len(self.sample)}

    def problem(self, size: int, /, seed: int = 0) -> Items:
        """The first `size` items of the sample."""
        return Items(self.sample[:size])

    def part(self, problem: Items, lo: int, hi: int, /) -> Items:
        """Some of the items."""
        return Items(problem.items[lo:hi])

    def solve(self, problem: Items, /, out: np.ndarray | None = None) -> Any:
        """The function, called with each item; `out` gets an answer in each row."""
        with self._silence():
            if self.vectorized:
                answers = self.function(problem.items)
            elif self.reduce is None:
                answers = list(map(self.function, problem.items))
            else:
                answers = self._reduced(map(self.function, problem.items))
        if out is None:
            return answers
        if self.vectorized:
            out[...] = answers
        else:
            for row, answer in zip(out, answers, strict=True):
                row[...] = answer
        return out

    def join(self, answers: list[Any], /) -> Any:
        """The answers one after the other; or what `reduce` makes of those of the parts."""
        if self.reduce is not None:
            return self._reduced(answers)
        if self.vectorized:
            import numpy as np

            return np.concatenate(answers)
        return [answer for part in answers for answer in part]

    def check(self, problem: Items, answer: Any, /) -> None:
        """Raise WrongAnswer unless the answer is what `test` accepts, or what is expected."""
        if self.test is not None:
            import numpy as np

            accepted = self.test(problem.items, answer)
            if isinstance(accepted, (bool, np.bool_)) and not accepted:
                raise WrongAnswer(f"check refused the answer of {self.__name__}")
        elif self.expected is not None:
            found = difference(answer, self.expected[0], self.rtol)
            if found is not None:
                more = "" if self.rtol else "; where it may be rounded in another way, give rtol"
                raise WrongAnswer(f"the answer is not the one of serial: {found}{more}")

    def amount(self, problem: Items, /) -> tuple[float, str]:
        """The items."""
        return float(len(problem)), "items"

    def missing(self, strategy: str, /) -> str | None:
        """Why the function cannot reach the workers of this strategy."""
        if strategy in IN_PLACE:
            return None
        if strategy == "interpreters" and self._takes_numpy():
            return "NumPy does not import in a subinterpreter"
        return self.unsendable

    def _takes_numpy(self) -> bool:
        """Whether the items are an array, or the function's module imports NumPy."""
        names = getattr(self.function, "__globals__", {}).values()
        return any(getattr(value, "__name__", "") == "numpy" for value in names) or hasattr(self.sample, "dtype")

    def _reduced(self, answers: Any) -> Any:
        return sum(answers) if self.reduce is sum else functools.reduce(self.reduce, answers)  # type: ignore[arg-type]

    def _silence(self) -> contextlib.AbstractContextManager[Any]:
        """In a worker process; in this one the caller sees to it, for all threads at once."""
        if not self.prints or self.home == os.getpid():
            return contextlib.nullcontext()
        return contextlib.redirect_stdout(io.StringIO())

    def __reduce__(self) -> Any:
        given = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in (*self.stays, "function", "reduce", "payload")
        }
        return _arrive, (type(self), self.payload, given)


@dataclass(frozen=True)
class ArrayLoop(Loop):
    """A loop whose answers are arrays of one shape, so that workers can write them to shared memory."""

    def empty(self, problem: Items, /) -> np.ndarray:
        """Room for them, a row for each item."""
        import numpy as np

        shape, dtype = self.row or ((), "f8")
        return np.empty((len(problem), *shape), dtype)


def _arrive(kind: type[Loop], payload: bytes, given: dict[str, Any]) -> Loop:
    function, reduce = sending.unpacked(payload)
    return kind(function, reduce, **given | {"home": None})


def make(
    function: Callable[..., Any],
    sample: Sequence[Any],
    *,
    reduce: Callable[..., Any] | None,
    row: tuple[tuple[int, ...], str] | None,
    **more: Any,
) -> Loop:
    """The workload of a function, and of so many of its items as a sample takes."""
    payload, unsendable = b"", None
    try:
        payload = sending.packed((function, reduce))
    except sending.Unsendable as error:
        unsendable = str(error)
    kind = Loop if row is None else ArrayLoop
    return kind(
        function, reduce, row=row, payload=payload, unsendable=unsendable, sample=sample, home=os.getpid(), **more
    )
