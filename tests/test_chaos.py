"""Workers killed at random moments: no hang, nothing left, and never a wrong answer.

Of `futures`, `joblib`, `loky` and `mpire` all but the second is asked: a death while workers start can end the
executor's own thread by an error of its own ("dictionary changed size during iteration" in CPython 3.11), which
leaves another thread and some semaphores behind until the process ends; and one with a lock held leaves a thread
of mpire's waiting for that.

A round is a function of its seed: one that fails is run again by its name, such as
``pytest "tests/test_chaos.py::test_a_killed_worker_never_hangs_leaks_or_lies[17]"``. ``make chaos``
runs many rounds, ``make test`` a few.
"""

import contextlib
import os
import random
import signal
import threading
from collections.abc import Sequence
from typing import Any

import psutil
import pytest
from ways import PROCESSES, need
from ways import workers as of_strategy

import kernels
from kernels.registry import why_never

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "30"))
WORKLOADS = {"polynomial": 20_000, "cubes": 200_000, "triad": 2**18, "histogram": 2**18, "stencil": 64}
ENGINES = ("futures", "joblib", "loky", "mpire", "dask", "ray")
EXECUTORS = [way.values for way in PROCESSES if way.values[0] in ENGINES]
WAYS = [way.values for way in PROCESSES if way.values not in EXECUTORS]
HELPERS = ("forkserver", "resource_tracker")  # processes of multiprocessing's own, which are no workers
# MPICH's likewise: where its proxy dies before it has told mpiexec of itself, that waits, and so do we, for a minute.
LAUNCHER = "hydra_pmi_proxy"
RUNS = 60  # of a team that survives: its workers were killed while none was needed, or none was there

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here"),
]


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.usefixtures("nothing_left")
def test_a_killed_worker_never_hangs_leaks_or_lies(seed: int) -> None:
    rng = random.Random(seed)
    kill_one_while_a_team_runs(rng.choice(WAYS), rng, seed)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how the executor's thread ends
@pytest.mark.parametrize("seed", range(ROUNDS // 3))
def test_a_killed_worker_of_an_executor_never_hangs_or_lies(seed: int) -> None:
    rng = random.Random(seed)
    kill_one_while_a_team_runs(rng.choice(EXECUTORS), rng, seed)


def kill_one_while_a_team_runs(way: Sequence[Any], rng: random.Random, seed: int) -> None:
    """Run a team again and again while one of its workers is killed: each answer is right, or the team says so."""
    strategy, start_method = way
    workload = rng.choice([name for name in WORKLOADS if why_never(name, strategy) is None])
    need(workload, strategy)
    workers = rng.randint(1, 4)
    problem = kernels.problem(workload, WORKLOADS[workload], seed=seed)
    stop = threading.Event()
    killer = threading.Thread(target=_kill_one, args=(rng.uniform(0, 0.3), rng, stop, strategy))
    killer.start()
    try:
        with (
            contextlib.suppress(kernels.WorkerDied),
            kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team,
        ):
            for _ in range(RUNS):
                team.check(team.run())
    finally:
        stop.set()
        killer.join()


def _kill_one(delay: float, rng: random.Random, stop: threading.Event, strategy: str) -> None:
    """Kill one worker that is there after `delay` seconds; a few tries, since there may be none just then."""
    for _ in range(20):
        if stop.wait(delay):
            return
        workers = of_strategy(_workers(), strategy)
        if workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                rng.choice(workers).kill()
            return
        delay = 0.01


def _workers() -> list[psutil.Process]:
    """The live worker processes of this one, wherever in the tree their start method puts them."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(process.cmdline())
            is_server = process.ppid() == os.getpid() and any(helper in words for helper in HELPERS)
            if not is_server and LAUNCHER not in words and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
