"""The ways to run a workload: every strategy, with every start method where it takes one."""

from typing import Any

import pytest

import kernels
from kernels.registry import find_strategy


def _way(strategy: str, start_method: str | None) -> Any:
    return pytest.param(strategy, start_method, id=f"{strategy}-{start_method or 'only'}")


def _ways_of(strategy: str) -> list[Any]:
    takes = find_strategy(strategy).takes_start_method
    return [_way(strategy, method) for method in (kernels.team.start_methods() if takes else [None])]


def _with_processes(strategy: str) -> bool:
    return strategy in ("joblib", "mpi") or bool(find_strategy(strategy).takes_start_method)


EVERY = [way for strategy in kernels.strategies() for way in _ways_of(strategy)]
PROCESSES = [way for strategy in kernels.strategies() if _with_processes(strategy) for way in _ways_of(strategy)]

# With how many workers, by what it costs to start them.
WORKERS = {None: (1, 2, 3, 8), "fork": (1, 2, 3, 8), "forkserver": (1, 8), "spawn": (3,)}


def need(workload: Any, strategy: str) -> None:
    """Skip the test where that pair is not supported here."""
    reason = kernels.why_not(workload, strategy)
    if reason is not None:
        pytest.skip(reason)
