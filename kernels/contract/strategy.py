"""What a strategy is: it has an entry for each kind of workload that it can run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Any, Protocol

from kernels.contract.workload import Independent, Problem, Run, WithRequirements, Workload

Start = Callable[[Any, Problem, int, BaseContext], AbstractContextManager[Run]]
Connect = Callable[[Any, Problem, str], AbstractContextManager[tuple[int, Run]]]


class StrategyModule(Protocol):
    """What the module of every strategy has.

    It may also have ``why_never(workload)``, where it has no version of some workloads, and
    ``missing()``, where it needs what may not be installed. Both return the reason, or None. One that
    can use workers that run already has ``connect``: see :class:`Connects`.
    """

    @property
    def HAS_WORKERS(self) -> bool:  # noqa: N802 - a constant of a module
        """Whether the number of workers means anything to it."""

    @property
    def TAKES_START_METHOD(self) -> bool:  # noqa: N802 - a constant of a module
        """Whether it starts processes by a start method of ``multiprocessing``."""


class RunsParts(StrategyModule, Protocol):
    """A strategy that runs workloads of independent items, which it cuts into parts."""

    def start(
        self, workload: Independent, problem: Problem, workers: int, context: BaseContext, /
    ) -> AbstractContextManager[Run]:
        """Start the workers, place the problem, and yield what solves it once.

        Leaving the context ends all that was started, by force where an exception is on its way.
        """


class Connects(StrategyModule, Protocol):
    """A strategy that also runs such workloads on a cluster of its engine's, which was started apart from it."""

    def connect(
        self, workload: Independent, problem: Problem, address: str, /
    ) -> AbstractContextManager[tuple[int, Run]]:
        """Connect to the cluster, place the problem, and yield how many workers it has and what solves it once.

        Raises ValueError where there is no cluster at the address, and WorkerDied where it has no workers.
        Leaving the context takes back what was placed, and leaves the cluster.
        """


class RunsVersions(StrategyModule, Protocol):
    """A strategy that runs the versions that coordinated workloads write for it."""

    def start_coordinated(
        self, workload: Any, problem: Problem, workers: int, context: BaseContext, /
    ) -> AbstractContextManager[Run]:
        """The same for a coordinated workload, which has a function named after this strategy."""


@dataclass(frozen=True)
class Strategy:
    """A strategy, as its module describes it: see :class:`StrategyModule`."""

    name: str
    summary: str
    has_workers: bool
    takes_start_method: bool
    start: Start | None
    start_coordinated: Start | None
    connect: Connect | None
    reason_never: Callable[[Workload], str | None]
    reason_missing: Callable[[], str | None]

    def entry(self, workload: Workload) -> Start | None:
        """What starts this strategy on a workload of this kind, or None where there is no version for it."""
        if isinstance(workload, Independent):
            return self.start
        return self.start_coordinated if callable(getattr(workload, self.name, None)) else None

    def why_never(self, workload: Workload) -> str | None:
        """Why there is no version of the workload for this strategy, on whatever machine, or None."""
        reason = self.reason_never(workload)
        if reason is None and self.entry(workload) is None:
            return "its coordination is not written out for this"
        return reason

    def why_not(self, workload: Workload) -> str | None:
        """Why this strategy cannot run the workload here, or None: there is no version, or something is missing."""
        reason = self.why_never(workload) or self.reason_missing()
        if reason is None and isinstance(workload, WithRequirements):
            return workload.missing(self.name)
        return reason
