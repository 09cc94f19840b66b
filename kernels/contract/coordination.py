"""What the versions of a coordinated workload are given: workers that act together, and state that they share.

A workload whose subject is coordination has no independent parts. It writes its versions out, as functions
that are named after the strategies: ``serial(problem)``, ``threaded(problem, together)``,
``shared(problem, together)``, ``pool(problem, pool)`` and so on.

The state of `threaded` and `shared` is made once, when the team opens, by ``state(problem, workers, make)``:
a dict of what `make`, a :class:`Tools`, makes. In a run the version calls ``together.everyone(function)``,
and `function` is called on every worker with its :class:`Member`.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kernels.contract.parts import share
from kernels.contract.workload import Answer, Coordinated, Problem, Run

if TYPE_CHECKING:
    from kernels.mpi.ranks import Rank


class Value(Protocol):
    """A whole number that workers share: ``mp.Value("q")``, or the same for threads."""

    value: int

    def get_lock(self) -> AbstractContextManager[Any]:
        """The lock to hold while the number is read and then written: ``value += 1`` alone loses updates."""


class Barrier(Protocol):
    """``threading.Barrier`` or ``mp.Barrier``."""

    def wait(self) -> int:
        """Wait until all workers have come to this barrier."""


class Tools(Protocol):
    """Makes the state that workers share, for threads or for processes."""

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of zeros; there is no lock with it."""

    def value(self) -> Value:
        """A whole number, 0 to start with."""

    def lock(self) -> AbstractContextManager[Any]:
        """A lock, which is held within a with statement."""

    def barrier(self, parties: int) -> Barrier:
        """A barrier at which so many workers meet. It is broken when one of them fails."""

    def queue(self, size: int) -> Any:
        """A queue in which ``put`` blocks while it holds `size` items, or never where `size` is 0."""


class Flag(Protocol):
    """A truth value that workers share."""

    value: Any


@dataclass(frozen=True)
class Member:
    """One of the workers, as a coordinated function sees it.

    Attributes
    ----------
    rank
        Its number: 0, 1 and so on, below `workers`.
    problem
        The whole problem, whose arrays are the same memory for all workers.
    state
        What the workload's ``state`` made, by name.
    """

    rank: int
    workers: int
    problem: Problem
    state: SimpleNamespace
    _stop: Flag = field(default_factory=lambda: SimpleNamespace(value=False))

    def share(self, items: int) -> range:
        """The worker's consecutive share of ``range(items)``."""
        return share(items, self.rank, self.workers)

    @property
    def stopping(self) -> bool:
        """Whether this call has failed, so that further work is in vain.

        A worker raised, or called :meth:`stop`, or Ctrl-C came. A function that may run for long or
        waits for others by other means than a barrier asks for this now and then.
        """
        return bool(self._stop.value)

    def stop(self) -> None:
        """Tell all workers that this call has failed, before this one raises what went wrong."""
        self._stop.value = True


class Together(Protocol):
    """The workers of a team, as a version of the strategies `threaded` and `shared` sees them."""

    workers: int
    state: SimpleNamespace
    """The shared state, as the caller sees it."""

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """Call ``function(member, *args)`` on every worker at the same time.

        Returns the answers by rank. What a worker raises is raised here; barriers are then broken and
        ``member.stopping`` is true, so that the other workers do not wait for it.
        """


class TaskPool(Protocol):
    """What a version of the strategy `pool` is given: ``multiprocessing.Pool``, with chunks of one task."""

    workers: int

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> list[Any]:
        """The answers in the order of the tasks, once all are there."""

    def imap(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """The answers in the order of the tasks, each as soon as it and those before it are there."""

    def imap_unordered(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """The answers in the order in which they come."""


class WithState(Coordinated, Protocol):
    """A coordinated workload whose workers share state."""

    def state(self, problem: Problem, workers: int, make: Tools, /) -> dict[str, Any]:
        """What `make` makes, by name; called once, when the team opens."""


class WithThreads(WithState, Protocol):
    """A workload with a version for strategy `threaded`."""

    def threaded(self, problem: Problem, together: Together, /) -> Answer:
        """Solve the problem once, on threads."""


class WithProcesses(WithState, Protocol):
    """A workload with a version for strategy `shared`."""

    def shared(self, problem: Problem, together: Together, /) -> Answer:
        """Solve the problem once, on processes that see its arrays, and those of the state, in shared memory."""


class WithPool(Coordinated, Protocol):
    """A workload with a version for strategy `pool`."""

    def pool(self, problem: Problem, pool: TaskPool, /) -> Answer:
        """Solve the problem once; what the workers need travels with the tasks."""


@runtime_checkable
class WithAsyncio(Coordinated, Protocol):
    """A workload with a version for strategy `asyncio`, which waits rather than computes."""

    def asyncio(self, problem: Problem, workers: int, /) -> Awaitable[Answer]:
        """Solve the problem once, with at most so many things under way at the same time."""


@runtime_checkable
class WithRanks(Coordinated, Protocol):
    """A workload with a version for strategy `mpi`."""

    def mpi(self, rank: "Rank", /) -> AbstractContextManager[Run]:
        """Make windows and buffers, and yield what all ranks call in a run; rank 0 returns the answer."""
