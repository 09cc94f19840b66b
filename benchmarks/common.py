"""What the benchmarks share: their parameters, when they are skipped, and teams that stay open.

The lists of parameters are fixed, whatever is installed and however many CPUs there are, so that
results of two machines or two commits can be laid side by side; what cannot run is skipped.
`workers` is the last parameter wherever there is one: ``make bench`` recognises by that what
would be skipped, and spares a process that finds out.

Each `version` is set by hand. Raise it when what is measured changes, and not before: the
results of another version are another history.
"""

import abc
import atexit
import functools
import sys
import sysconfig

import kernels

COORDINATED = ("serial", "threaded", "pool", "shared")  # the versions of a workload that writes them out,
WAITING = (*COORDINATED, "asyncio")  # and of one that waits
STRATEGIES = (*COORDINATED, "futures", "joblib", "process", "mpi")  # what runs a workload of independent parts,
PURE_PYTHON = (*STRATEGIES, "interpreters")  # and one without NumPy
WORKERS = (1, 2, 4, 8)

# asv comes back to each benchmark when it has been through all of them, so that its samples are
# apart in time. In a round it takes at least, and at most, so many, and no more after so many
# seconds. Eight in all are the fewest that have a 99 % confidence interval for their median.
ROUNDS = 2
REPEAT = (4, 10, 0.3)

# All in one round for most of the catalogue, so that it takes minutes: a process takes longer to
# start than to take ten samples of ten milliseconds.
ONE_ROUND = (8, 12, 0.3)


def require_pair(workload: str, strategy: str) -> None:
    """Raise NotImplementedError, by which asv skips a benchmark, where there is no such version here.

    An old commit may be under test, which has fewer workloads and strategies.
    """
    if workload not in kernels.workloads():
        raise NotImplementedError(f"this version of kernels has no workload {workload}")
    if strategy not in kernels.strategies():
        raise NotImplementedError(f"this version of kernels has no strategy {strategy}")
    reason = kernels.why_not(workload, strategy)
    if reason is not None:
        raise NotImplementedError(reason)


def require(workload: str, strategy: str, workers: int) -> None:
    """Skip, besides, what has more workers than it can keep busy."""
    require_pair(workload, strategy)
    if strategy == "serial" and workers > 1:
        raise NotImplementedError("serial has no workers")
    if workers > kernels.cpus():
        raise NotImplementedError(f"{workers} workers are more than the {kernels.cpus()} CPUs at hand")


def teardown(*_: object) -> None:
    """Fail what ran on a free-threaded build whose GIL came on: it would pass as a time without one.

    An extension that does not say that it needs no GIL switches it on when it is imported. asv calls
    this after each benchmark of a module that has it.
    """
    if sysconfig.get_config_var("Py_GIL_DISABLED") and sys._is_gil_enabled():  # type: ignore[attr-defined]
        raise RuntimeError("the GIL is on in a free-threaded build: an extension that was imported asked for it")


def hide_main() -> None:
    """Let workers start without the script that asv runs as main.

    Every worker imports its parent's main, which here is asv's, with more imports than ours.
    """
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        del main.__file__


@functools.cache
def open_team(workload: str, strategy: str, workers: int, size: str | int) -> kernels.Team:
    """A team that is open until the process ends: asv calls setup before each sample anew."""
    hide_main()
    team = kernels.open(workload, strategy, workers=workers, size=size)
    atexit.register(team.close)
    return team


class Checked(abc.ABC):
    """Runs of an open team, ``self.team``, of which every answer is checked.

    Benchmarks put the answer of ``self.team.run()`` in `self.answer`.
    """

    version = "1"
    rounds = ROUNDS
    repeat = REPEAT
    size: str | int = "M"
    team: kernels.Team

    @property
    @abc.abstractmethod
    def workload(self) -> str:
        """Its registered name."""

    def teardown(self, *_: object) -> None:
        """Fail on a wrong answer. There is none after a skip or a failure, when asv calls this too."""
        if hasattr(self, "answer"):
            answer = self.answer
            del self.answer
            self.team.check(answer)


class Timed(Checked):
    """The time of a warm run: the work, its dispatch, and the way of inputs and answers."""

    def time_run(self, *_: object) -> None:
        self.answer = self.team.run()


class Warm(Checked):
    """A team per strategy and number of workers."""

    params: tuple[tuple[object, ...], ...] = (STRATEGIES, WORKERS)
    param_names = ("strategy", "workers")

    def setup(self, strategy: str, workers: int) -> None:
        require(self.workload, strategy, workers)
        self.team = open_team(self.workload, strategy, workers, self.size)


class WarmRun(Timed, Warm):
    """What a warm run takes."""


class ShortRun(WarmRun):
    """The same for a problem of some 10 ms."""

    rounds = 1
    repeat = ONE_ROUND
    size: str | int = "S"
