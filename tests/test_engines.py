"""Where an engine cannot or will not start the workers that were asked for, that is said: no wait, no hidden cause."""

import multiprocessing
import os
import sys
import warnings
from typing import Any

import pytest
import ways

import kernels
from kernels.workers import carried

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

IN_THREADS = (
    "serial",
    "threaded",
    "dask_threaded",
    "asyncio",
    "interpreters",
    "mpi",
)  # multiprocessing does not start their workers


def try_in_daemon(strategy: str, start_method: str | None) -> str:
    """What comes of a strategy in a worker of multiprocessing.Pool."""
    try:
        return str(kernels.run("polynomial", strategy, workers=2, size=4, start_method=start_method))
    except kernels.Unsupported as error:
        return str(error)


@pytest.fixture(scope="module")
def daemon() -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield pool
        pool.close()
        pool.join()


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_in_a_daemonic_process_the_strategies_without_children_work(
    strategy: str, start_method: str | None, daemon: Any
) -> None:
    ways.need("polynomial", strategy)
    told = "56" if strategy in IN_THREADS else "a daemonic process, such as a worker of multiprocessing.Pool, may not"
    assert daemon.apply_async(try_in_daemon, (strategy, start_method)).get(30).startswith(told)


def test_a_workload_that_is_the_main_module_is_carried_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's workers cut the problem themselves."""
    module = kernels.workload("polynomial")
    monkeypatch.setitem(sys.modules, "__main__", module)
    workload = carried.carried(module).workload
    assert workload is not module
    assert (workload.solve, workload.part) == (module.solve, module.part)


def test_a_variable_is_taken_away_by_the_last_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teams may be opened by several threads at once, and in any order."""
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.delenv("RAY_ADDED", raising=False)
    first, second = carried.safe_path(), carried.safe_path()
    first.__enter__()
    second.__enter__()
    monkeypatch.setenv("SET_BY_ANOTHER_THREAD", "1")
    first.__exit__(None, None, None)
    assert os.environ["PYTHONSAFEPATH"] == "1"
    second.__exit__(None, None, None)
    assert "PYTHONSAFEPATH" not in os.environ
    assert os.environ["SET_BY_ANOTHER_THREAD"] == "1"
    with carried.environment("RAY_", SET_BY_ANOTHER_THREAD="2"):
        monkeypatch.setenv("RAY_ADDED", "1")
    assert os.environ["SET_BY_ANOTHER_THREAD"] == "1"
    assert "RAY_ADDED" not in os.environ


@pytest.fixture
def joblib() -> Any:
    return pytest.importorskip("joblib")


def test_joblib_that_may_not_start_processes(joblib: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As JOBLIB_MULTIPROCESSING=0 has it, and a system without semaphores."""
    monkeypatch.setattr(joblib.parallel, "BACKENDS", {"threading": joblib._parallel_backends.ThreadingBackend})
    monkeypatch.setattr(joblib.parallel, "DEFAULT_BACKEND", "threading")
    monkeypatch.setenv("JOBLIB_MULTIPROCESSING", "0")
    with warnings.catch_warnings(record=True) as seen, pytest.raises(kernels.Unsupported) as raised:
        kernels.run("polynomial", "joblib", workers=2, size=4)
    assert seen == []
    assert str(raised.value).startswith("joblib does not start 2 worker processes here (its backend is Threading")
    assert "JOBLIB_MULTIPROCESSING=0; joblib backend 'loky' is not available" in str(raised.value)


@pytest.mark.parametrize("fewer", [1, 2])
def test_joblib_that_gives_fewer_workers(fewer: int, joblib: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib._parallel_backends.LokyBackend, "effective_n_jobs", lambda self, workers: fewer)
    with pytest.raises(kernels.Unsupported, match="joblib does not start 3 worker processes here"):
        kernels.run("polynomial", "joblib", workers=3, size=4)


def test_joblib_that_cannot_start_keeps_its_own_error(joblib: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def configure(self: Any, **given: Any) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(joblib._parallel_backends.LokyBackend, "configure", configure)
    with pytest.raises(OSError, match="Too many open files"):
        kernels.run("polynomial", "joblib", workers=2, size=4)
