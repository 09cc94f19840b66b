"""The ways to run a workload: every strategy, with every start method where it takes one."""

import os
import re
import zlib
from collections.abc import Iterable
from typing import Any

import psutil
import pytest

import kernels
from kernels.registry import find_strategy

BY_VALUE = ("joblib", "loky", "dask", "ray")  # engines that send what is defined in __main__ by value, and start
BY_THEMSELVES = (*BY_VALUE, "mpi")  # processes, as this does, by none of multiprocessing's start methods
ENGINES = ("loky", "mpire", "dask", "dask_threaded", "ray")
SLOW = ("dask", "ray")  # which take seconds to start, and have a few tests of their own

# Whether the engines go through all of the tests, which takes minutes: make test-engines says so.
ALL_OF_ENGINES = os.environ.get("ALL_OF_ENGINES") == "1"
only_with_all = pytest.mark.skipif(not ALL_OF_ENGINES, reason="takes long: make test-engines runs it")
# Whether each test goes through all start methods of a strategy, which takes many minutes: make slow says so.
IN_FULL = ALL_OF_ENGINES or os.environ.get("SLOW") == "1"
DEFAULT = kernels.team.default_start_method()


def _way(strategy: str, start_method: str | None) -> Any:
    return pytest.param(strategy, start_method, id=f"{strategy}-{start_method or 'only'}")


def _ways_of(strategy: str) -> list[Any]:
    if not find_strategy(strategy).takes_start_method:
        return [_way(strategy, None)]
    every = strategy != "mpire" or ALL_OF_ENGINES
    return [_way(strategy, method) for method in (kernels.team.start_methods() if every else [DEFAULT])]


def _is_tried(strategy: str) -> bool:
    return strategy not in SLOW or ALL_OF_ENGINES


def _with_processes(strategy: str) -> bool:
    return strategy in BY_THEMSELVES or bool(find_strategy(strategy).takes_start_method)


STRATEGIES = [strategy for strategy in kernels.strategies() if _is_tried(strategy)]
EVERY = [way for strategy in STRATEGIES for way in _ways_of(strategy)]
PROCESSES = [way for strategy in STRATEGIES if _with_processes(strategy) for way in _ways_of(strategy)]

# With how many workers, by what it costs to start them.
WORKERS = {None: (1, 2, 3, 8), "fork": (1, 2, 3, 8), "forkserver": (1, 8), "spawn": (3,)}


def not_in_turn(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """All but one of the start methods of a strategy in a test; in other tests it is another one."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        start_method = item.callspec.params.get("start_method") if hasattr(item, "callspec") else None
        if start_method is not None:
            groups.setdefault(re.sub(rf"\b{start_method}\b", "", item.nodeid), []).append(item)
    chosen = {id(group[zlib.crc32(name.encode()) % len(group)]) for name, group in groups.items()}
    return {item for group in groups.values() for item in group if id(item) not in chosen}


def death(strategy: str, code: int) -> str:
    """What WorkerDied says, as a regular expression, where a worker has ended with this exit code."""
    if strategy == "ray":  # which does not tell
        return r"a worker of Ray's ended"
    return rf"(?s)exit code.*[\[( ]{code}\b"


def workers(processes: Iterable[psutil.Process], strategy: str) -> list[psutil.Process]:
    """Those of the processes that are workers: without those that make up an instance of Ray's."""
    return [each for each in processes if strategy != "ray" or _name(each).startswith("ray::_W")]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def need(workload: Any, strategy: str) -> None:
    """Skip the test where that pair is not supported here."""
    reason = kernels.why_not(workload, strategy)
    if reason is not None:
        pytest.skip(reason)
