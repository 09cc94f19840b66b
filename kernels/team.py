"""Teams: a strategy with its workers started and one problem in place, ready to be run many times."""

import contextlib
import multiprocessing
import numbers
import os
import sys
import threading
import weakref
from types import TracebackType
from typing import Any, TypeGuard

from kernels.contract.strategy import Strategy
from kernels.contract.workload import Answer, AnyWorkload, Problem, Run, WithService, Workload
from kernels.errors import Unsupported, WorkerDied, starting_workers
from kernels.machine import blas, cpus
from kernels.registry import find_strategy, find_workload, name_of, strategies
from kernels.workers.main_module import end_unguarded, worker_context
from kernels.workers.stdlib import call_at_end


class Team:
    """What :func:`open` returns; a context manager that closes itself. A team that is left open ends with the program.

    Attributes: `workload` (the module), `strategy` (its name), `problem`, `workers`, and
    `start_method` (None where the strategy takes none).
    """

    def __init__(
        self,
        workload: Workload,
        strategy: Strategy,
        problem: Problem,
        workers: int,
        start_method: str,
        *,
        address: str | None = None,
    ) -> None:
        self.workload = workload
        self.strategy = strategy.name
        self.workers = workers if strategy.has_workers else 1
        self.start_method = start_method if strategy.takes_start_method else None
        start = strategy.entry(workload)
        if start is None:
            raise Unsupported(f"strategy {strategy.name!r} has no version of workload {name_of(workload)!r}")
        # Ctrl-C can come between the lock's acquisition and the `try` that releases it. A lock that the thread then
        # still holds must not keep it from closing the team, so that it is one that a thread may acquire again.
        self._busy = threading.RLock()
        self._in_use = False
        self._exit = contextlib.ExitStack()
        context: Any = worker_context(start_method, workload, problem) if self.start_method else None
        with self._exit:
            if isinstance(workload, WithService):
                problem = self._exit.enter_context(workload.running(problem))
            self._exit.enter_context(blas.one_thread_here())
            with blas.one_thread_in_children(), starting_workers():
                self._run: Run | None
                if address is None or strategy.connect is None:
                    self._run = self._exit.enter_context(start(workload, problem, workers, context))
                else:
                    connected = strategy.connect(workload, problem, address)
                    self.workers, self._run = self._exit.enter_context(connected)
            self._exit = self._exit.pop_all()  # all is up: from here on close() ends it
        self.problem = problem
        _left_open.add(self)

    def run(self) -> Answer:
        """Solve the problem once. The answer is valid until the next `run` or `close`.

        Raises what the kernel raises, after which the team can be used again, or WorkerDied,
        after which it is closed, as it is after Ctrl-C.
        """
        self._acquire("a team runs one problem at a time")
        try:
            self._in_use = True
            if self._run is None:
                raise RuntimeError("this team is closed: open another one")
            return self._run()
        except BaseException as error:
            if isinstance(error, WorkerDied) or not isinstance(error, Exception):
                self._end()
            raise
        finally:
            self._in_use = False
            self._busy.release()

    def check(self, answer: Answer) -> None:
        """Raise WrongAnswer unless `answer` is right for this team's problem."""
        self.workload.check(self.problem, answer)

    def close(self) -> None:
        """End the workers and give up the memory; closing twice is allowed."""
        self._acquire("close it when it is done")
        try:
            self._in_use = True
            self._end()
        finally:
            self._in_use = False
            self._busy.release()

    def _acquire(self, advice: str) -> None:
        """Acquire the lock, or raise RuntimeError where the team is in use."""
        if not self._busy.acquire(blocking=False):
            raise RuntimeError(f"this team is running in another thread: {advice}")
        if self._in_use:  # in this thread, which is now in the handler of a signal
            self._busy.release()
            raise RuntimeError(f"this team is in use in this thread, below a signal handler: {advice}")

    def _end(self) -> None:
        self._run = None
        self._exit.__exit__(*sys.exc_info())  # strategies see what went wrong, and end by force

    def __enter__(self) -> "Team":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._run is None else f"{self.workers} workers"
        return f"<team: {name_of(self.workload)}, {self.strategy}, {state}>"


class _LeftOpen:
    """The teams that a program has left open, which are closed at its end: later nothing could close them."""

    def __init__(self) -> None:
        self._teams: weakref.WeakKeyDictionary[Team, int] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        call_at_end(self.close)

    def add(self, team: Team) -> None:
        """Close it at the end of this process, and not of one that is forked from it."""
        with self._lock:
            self._teams[team] = os.getpid()

    def close(self) -> None:
        """Close all; closed ones stay so."""
        for team, process in list(self._teams.items()):
            if process == os.getpid():
                with contextlib.suppress(RuntimeError):  # it is running in a thread that ends with the program
                    team.close()


_left_open = _LeftOpen()


def make_problem(workload: AnyWorkload, size: str | int = "S", seed: int = 0) -> Problem:
    """A problem of a registered workload (or any object that fulfils the contract).

    `size` is one of the workload's names, S, M or L, or what they stand for: a number of items.
    """
    return problem_of(find_workload(workload), size, seed)


def problem_of(workload: Workload, size: str | int, seed: int) -> Problem:
    """A problem of a workload that has been found; ValueError for a bad size or seed."""
    if not _is_whole(seed) or seed < 0:
        raise ValueError(f"seed must be an integer of at least 0, not {seed!r}")
    return workload.problem(_number(workload, size), seed=seed)


def open(
    workload: AnyWorkload,
    strategy: str = "serial",
    *,
    workers: int | None = None,
    size: str | int | None = None,
    problem: Problem = None,
    seed: int | None = None,
    start_method: str | None = None,
    connect: str | None = None,
) -> Team:
    """Start a team: its workers are up and the problem is in place when this returns.

    Give either a ready-made `problem`, or a `size` (S where nothing is said) and a `seed`.
    `workers` is by default the number of usable CPUs, `start_method` forkserver or, where
    there is none, spawn. `serial` has no workers and `threaded` no processes: what they do not
    use is checked all the same. `connect` is the address of a cluster of Dask's or Ray's that runs
    already, whose workers the team then has: `workers` is left out.

    Raises ValueError for bad input, and Unsupported for a pair that does not exist, both before
    anything is started; WorkerDied where the workers do not come up.
    """
    end_unguarded()
    found, chosen = find_workload(workload), find_strategy(strategy)
    given = workers
    workers = checked_workers(workers)
    start_method = checked_start_method(start_method)
    require_support(found, chosen)
    _require_connection(connect, chosen, found, given)
    if problem is None:
        problem = problem_of(found, "S" if size is None else size, 0 if seed is None else seed)
    elif size is not None or seed is not None:
        raise ValueError("give either problem, or size and seed, not both")
    if len(problem) < 1:
        raise ValueError(f"the problem must have at least 1 item, not {len(problem)}")
    return Team(found, chosen, problem, workers, start_method, address=connect)


def run(
    workload: AnyWorkload,
    strategy: str = "serial",
    *,
    workers: int | None = None,
    size: str | int | None = None,
    problem: Problem = None,
    seed: int | None = None,
    start_method: str | None = None,
    connect: str | None = None,
) -> Answer:
    """Open a team, run it once, check the answer, close the team, and return the answer.

    Takes and raises what :func:`open` does, and WrongAnswer.
    """
    with open(
        workload,
        strategy,
        workers=workers,
        size=size,
        problem=problem,
        seed=seed,
        start_method=start_method,
        connect=connect,
    ) as team:
        answer = team.run()
        team.check(answer)
        return answer


def default_start_method() -> str:
    """Forkserver where there is one, spawn elsewhere; never fork, which is unsafe with threads."""
    return "forkserver" if "forkserver" in start_methods() else "spawn"


def start_methods() -> list[str]:
    """Those of multiprocessing itself: joblib adds its own, loky's, to what that lists."""
    return [method for method in multiprocessing.get_all_start_methods() if "loky" not in method]


def require_support(workload: Workload, strategy: Strategy) -> None:
    """Raise Unsupported, with the reason, where the strategy cannot run the workload here."""
    reason = strategy.why_not(workload)
    if reason is not None:
        raise Unsupported(f"strategy {strategy.name!r} cannot run workload {name_of(workload)!r}: {reason}")


def _require_connection(connect: object, strategy: Strategy, workload: Workload, workers: object) -> None:
    """Raise ValueError unless the strategy can use a cluster that runs already, where one is given."""
    if connect is None:
        return
    if strategy.connect is None:
        able = " and ".join(name for name in strategies() if find_strategy(name).connect is not None)
        raise ValueError(f"connect is for strategies {able}, not for {strategy.name!r}")
    if not isinstance(connect, str) or not connect:
        raise ValueError(f"connect must be the address of a cluster, not {connect!r}")
    if workers is not None:
        raise ValueError(f"with connect the workers are the cluster's: leave workers out, which is {workers!r}")


def _number(workload: Workload, size: object) -> Any:
    """What a size stands for: the one place where its name is looked up."""
    names = ", ".join(workload.SIZES)
    if isinstance(size, str):
        if size not in workload.SIZES:
            raise ValueError(f"size must be one of {names}, or a number of items, not {size!r}")
        return workload.SIZES[size]
    if not _is_whole(size) or size < 1:
        raise ValueError(f"size must be one of {names}, or an integer of at least 1, not {size!r}")
    return int(size)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def checked_workers(workers: object) -> int:
    """The number of workers, by default that of usable CPUs; ValueError for what is none."""
    if workers is None:
        return cpus.usable()
    if not _is_whole(workers) or workers < 1:
        raise ValueError(f"workers must be an integer of at least 1, not {workers!r}")
    return int(workers)


def checked_start_method(start_method: object) -> str:
    """The start method, by default :func:`default_start_method`; ValueError for what is none."""
    allowed = start_methods()
    if start_method is None:
        return default_start_method()
    if start_method not in allowed:
        raise ValueError(f"start_method must be one of {', '.join(allowed)}, not {start_method!r}")
    return str(start_method)
