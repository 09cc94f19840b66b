"""``distributed``: a cluster of Dask's on this host, or one that runs already, also on other hosts.

The parts are scattered once, when the team opens, and a task is sent to where its part is; answers come
back as pickles, through a scheduler in the caller's process. Dask starts its workers by spawn, and what is
defined in ``__main__`` goes to them by value.
"""

import asyncio
import contextlib
import importlib.util
import logging
import multiprocessing
import os
import pickle
import signal
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.errors import WorkerDied, died
from kernels.workers.carried import carried, files, received, require_picklable, safe_path, solver
from kernels.workers.main_module import hidden, require_files, require_processes
from kernels.workers.replies import Guarded, opened
from kernels.workers.signals import defer_sigint
from kernels.workers.tasks import START_SECONDS

HAS_WORKERS, TAKES_START_METHOD = True, False
CONNECT_SECONDS = 5
POLL_SECONDS = 0.1  # how soon a death is noticed; an answer wakes the caller at once


def missing() -> str | None:
    """Whether distributed is not installed."""
    if importlib.util.find_spec("distributed") is None:
        return "dask and distributed are not installed (pip install 'parallel-kernels[dask]')"
    return None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Start a scheduler in this process and workers, scatter the parts, and send a task to each."""
    require_processes()
    require_picklable(problem)
    require_files(files(workers))
    with _cluster(workers) as (client, require_life), _placed(workload, problem, workers, client, require_life) as run:
        yield run


@contextlib.contextmanager
def connect(workload: Independent, problem: Problem, address: str) -> Iterator[tuple[int, Run]]:
    """The same on the workers of a scheduler that runs at `address`; yields how many threads they have, too."""
    from distributed import Client

    require_picklable(problem)
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"connect must be the address of a Dask scheduler, as tcp://host:8786, not {address!r}: {error}"
        ) from None
    with client:
        there = client.nthreads()
        workers = sum(there.values())
        if workers < 1:
            raise WorkerDied(f"the scheduler at {address} has no workers")

        def require_life() -> None:
            if client.status != "running":
                raise WorkerDied(f"the connection to the scheduler at {address} is lost")
            lost = sorted(set(there) - set(client.nthreads()))
            if lost:
                raise WorkerDied(f"of the workers of the scheduler at {address} these have ended: {', '.join(lost)}")

        with _placed(workload, problem, workers, client, require_life) as run:
            yield workers, run


@contextlib.contextmanager
def _placed(
    workload: Independent, problem: Problem, workers: int, client: Any, require_life: Callable[[], None]
) -> Iterator[Run]:
    import cloudpickle

    portable, solve = carried(workload), Guarded(solver(workload))
    join = joiner(workload, answer_array(workload, problem))
    # As bytes, which workers rebuild once: arrays that Dask itself sends start anywhere in a message, and not where
    # the processor and memoryview like them to. The workload goes first, so that the class of the part can be found.
    sent = [cloudpickle.dumps((portable, part)) for part in parts(workload, problem, workers)]
    placed = client.map(pickle.loads, client.scatter(sent, hash=False), pure=False, retries=0)
    del sent
    _finish(client, placed, require_life)

    def run() -> Answer:
        tasks = client.map(_apply, [solve] * len(placed), placed, pure=False, retries=0)
        _finish(client, tasks, require_life)
        with _deaths(require_life):
            answers = client.gather(tasks)
        return join([received(opened(answer)) for answer in answers])

    yield run


def _finish(client: Any, tasks: list[Any], require_life: Callable[[], None]) -> None:
    """Wait until all tasks are done, as long as the workers live."""
    from distributed import wait

    while True:
        require_life()
        with contextlib.suppress(asyncio.TimeoutError), client.as_current(), _deaths(require_life):
            wait(tasks, POLL_SECONDS)
            return


@contextlib.contextmanager
def _deaths(require_life: Callable[[], None]) -> Iterator[None]:
    """What Dask raises where a worker has ended, or its scheduler, is a WorkerDied."""
    from distributed.client import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        yield
    except asyncio.TimeoutError:
        raise
    except (CancelledError, KilledWorker, OSError) as error:
        require_life()
        raise WorkerDied(f"a worker of Dask's ended: {error}") from error


def _apply(function: Callable[..., Any], placed: tuple[Any, ...]) -> Any:
    return function(*placed)


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[tuple[Any, Callable[[], None]]]:
    """A client of a cluster on this host, all of whose workers are up, and what raises WorkerDied when one is not."""
    import dask

    with dask.config.set({"logging.distributed": "critical"}):  # what a death looks like to it is not for the caller
        from distributed import Client, LocalCluster, Nanny

    codes: list[int] = []

    class Watched(Nanny):  # type: ignore[misc]
        """Notes how its worker ended, and starts no other."""

        def _on_worker_exit_sync(self, exitcode: int) -> None:
            codes.append(exitcode)

    def require_life() -> None:
        if codes:
            raise died(f"of {workers} workers one", codes)

    with contextlib.ExitStack() as end:
        folder = end.enter_context(tempfile.TemporaryDirectory(prefix="dask-", ignore_cleanup_errors=True))
        ours = {
            "temporary-directory": folder,
            "distributed.scheduler.allowed-failures": 0,
            "distributed.worker.multiprocessing-method": "spawn",
            "distributed.comm.timeouts.connect": START_SECONDS,
        }
        end.enter_context(dask.config.set(ours))
        with defer_sigint(multiprocessing.get_context("spawn")), safe_path(), hidden():
            try:
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,  # nothing is written to disk, and no worker is ended for what it holds
                    dashboard_address="127.0.0.1:0",  # any free port: None takes 8787, and complains where it is taken
                    local_directory=folder,
                    worker_class=Watched,
                    silence_logs=logging.CRITICAL,
                )
            except RuntimeError:  # a worker has not come up
                require_life()
                raise
            end.callback(_end, cluster)
            client = end.enter_context(Client(cluster, set_as_default=False))
            client.wait_for_workers(workers, START_SECONDS)
        yield client, require_life


def _end(cluster: Any) -> None:
    """End the workers by force, and then the scheduler."""
    for nanny in cluster.workers.values():
        if nanny.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(nanny.pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has one way to end a process
    cluster.close()
