"""What comes back from a worker: an answer, or what was raised, with the worker's traceback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kernels.workers.stdlib import pickled, unpickled, with_traceback


def packed(index: int, answer: Any, error: Exception | None) -> bytes:
    """A reply as bytes: the task's index, and what it answered or raised.

    Where either cannot be pickled, the reply is a TypeError that names its type.
    """
    try:
        message = pickled((index, answer, error and with_traceback(error)))
        if error is not None:
            unpickled(message)  # some exceptions cannot be rebuilt
    except Exception as unpicklable:
        what = (
            f"the answer, of type {type(answer).__name__}," if error is None else f"what the kernel raised, {error!r},"
        )
        told = TypeError(f"{what} cannot be sent back from the worker: {unpicklable}")
        message = pickled((index, None, told))
    return message


def unpacked(message: bytes) -> tuple[int, Any, Exception | None]:
    """The reply's index, answer and error."""
    reply: tuple[int, Any, Exception | None] = unpickled(message)
    return reply


@dataclass(frozen=True)
class Guarded:
    """The function of a pool's task, which returns what it raises, packed.

    Pools pickle exceptions themselves, and not safely: one that cannot be pickled ends the worker or
    hides what happened, and one that cannot be rebuilt ends the thread that reads answers.
    """

    function: Callable[..., Any]

    def __call__(self, *task: Any) -> Any:
        """The function's answer, or a `Raised`."""
        try:
            return self.function(*task)
        except Exception as error:
            return Raised(packed(0, None, error))


@dataclass(frozen=True)
class Raised:
    """What a guarded task raised, on its way back."""

    message: bytes


def opened(answer: Any) -> Any:
    """The answer of a guarded task; what it raised is raised here."""
    if isinstance(answer, Raised):
        _, _, error = unpacked(answer.message)
        raise error or RuntimeError("a task raised nothing")
    return answer
