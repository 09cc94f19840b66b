"""What the tests have in common."""

import gc
import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest
import ways
from leftovers import present, require_gone

import kernels

# Starting workers takes as long as it takes: how long is for the benchmarks to say.
hypothesis.settings.register_profile("teams", deadline=None)
hypothesis.settings.load_profile("teams")

# A shell starts what it runs in the background with Ctrl-C ignored, which processes inherit: those that
# the tests interrupt must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure() -> None:
    """Refuse to run where an MPI or the engines are required, as in CI, and missing; else their tests are skipped."""
    if os.environ.get("REQUIRE_MPI") == "1" and (reason := kernels.why_not("triad", "mpi")):
        raise pytest.UsageError(f"REQUIRE_MPI=1, but {reason}")
    if os.environ.get("REQUIRE_ENGINES") == "1":
        for engine in ("joblib", "loky", "mpire", "dask", "dask_threaded", *["ray"] * ways.ALL_OF_ENGINES):
            if reason := kernels.why_not("polynomial", engine):
                raise pytest.UsageError(f"REQUIRE_ENGINES=1, but {reason}")


@pytest.hookimpl(trylast=True)  # after -k and -m: what is asked for by name is run
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a part to ``make slow``, and put files with long tests first.

    ``make test`` gives files out in order, and a long one at the end leaves CPUs idle.
    """
    if not ways.IN_FULL:
        left = ways.not_in_turn(items)
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def _helpers() -> None:
    """What is started once, until this process ends: processes of multiprocessing and loky, a thread of tqdm."""
    for strategy in ("shared", "joblib", "loky", "mpire"):
        if kernels.why_not("polynomial", strategy) is None:
            kernels.run("polynomial", strategy, workers=2, size=2)
    gc.freeze()  # what all tests share is no test's garbage, and to go through it for each takes most of their time


@pytest.fixture(autouse=True)
def _no_handler_left() -> Iterator[None]:
    """Fail a test that leaves a signal handler behind: later tests, and the workers that they fork, would have it."""
    numbers = signal.valid_signals() - {getattr(signal, "SIGALRM", None)}  # which pytest-timeout handles
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    assert {number: signal.getsignal(number) for number in numbers} == before


@pytest.fixture
def nothing_left(_helpers: None) -> Iterator[None]:
    """Fail a test that leaves a process, a thread or a file in shared memory behind."""
    before = present()
    yield
    require_gone(present() - before, present)
