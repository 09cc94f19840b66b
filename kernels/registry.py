"""Which workloads and strategies there are, and which pairs of them can run."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from kernels import strategies as _strategies
from kernels import workloads as _workloads
from kernels.contract.loading import load_file
from kernels.contract.strategy import Strategy
from kernels.contract.workload import AnyWorkload, Workload

REQUIRED = ("SIZES", "problem", "part", "solve", "check")
REQUIRED_OF_COORDINATED = ("SIZES", "problem", "check", "serial")


def workloads() -> tuple[str, ...]:
    """The names of the registered workloads."""
    names = (module.name for module in pkgutil.iter_modules(_workloads.__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def strategies() -> tuple[str, ...]:
    """The names of the strategies, from the simplest on."""
    return _strategies.NAMES


def find_workload(workload: AnyWorkload) -> Workload:
    """The workload that is meant: a registered name, the path of a Python file, or itself.

    Raises
    ------
    ValueError
        Where there is none of this name, or it lacks what a workload must have.
    """
    found: Any = workload
    if isinstance(workload, str):
        if workload in workloads():
            found = importlib.import_module(f"kernels.workloads.{workload}")
        elif workload.endswith(".py"):
            found = load_file(workload)
        else:
            allowed = ", ".join(workloads())
            raise ValueError(f"workload must be one of {allowed}, or the path of a .py file, not {workload!r}")
    required = REQUIRED_OF_COORDINATED if hasattr(found, "serial") else REQUIRED
    missing = [name for name in required if not hasattr(found, name)]
    if missing:
        raise ValueError(f"workload {name_of(found)!r} lacks {', '.join(missing)}; it must have {', '.join(required)}")
    return found  # type: ignore[no-any-return]


def name_of(workload: Workload) -> str:
    """A short name for a workload: its file's, its own, or its type's."""
    file = getattr(workload, "__file__", None)
    return Path(file).stem if file else getattr(workload, "__name__", type(workload).__name__)


def find_strategy(name: str) -> Strategy:
    """The strategy of that name; ValueError where there is none."""
    if name not in strategies():
        raise ValueError(f"strategy must be one of {', '.join(strategies())}, not {name!r}")
    module: Any = importlib.import_module(f"kernels.strategies.{name}")
    return Strategy(
        name,
        summary=summary(module),
        has_workers=module.HAS_WORKERS,
        takes_start_method=module.TAKES_START_METHOD,
        start=getattr(module, "start", None),
        start_coordinated=getattr(module, "start_coordinated", None),
        connect=getattr(module, "connect", None),
        reason_never=getattr(module, "why_never", lambda workload: None),
        reason_missing=getattr(module, "missing", lambda: None),
    )


def summary(module: ModuleType) -> str:
    """The first line of a module's docstring."""
    return (inspect.getdoc(module) or "").partition("\n")[0].replace("``", "")


def why_never(workload: AnyWorkload, strategy: str) -> str | None:
    """Why this strategy has no version of this workload, wherever it is run, or None where it has."""
    return find_strategy(strategy).why_never(find_workload(workload))


def why_not(workload: AnyWorkload, strategy: str) -> str | None:
    """Why this strategy cannot run this workload here, or None where it can.

    Either there is no such version, or something that it needs is missing here: a newer Python, or
    a package.
    """
    return find_strategy(strategy).why_not(find_workload(workload))
