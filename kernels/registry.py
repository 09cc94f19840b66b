"""Which workloads and strategies there are, and which pairs of them can run."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from kernels import strategies as _strategies
from kernels import workloads as _workloads
from kernels.contract.workload import REQUIRED, REQUIRED_OF_COORDINATED, is_coordinated, load_file
from kernels.errors import Unsupported


def workloads() -> tuple[str, ...]:
    """The names of the registered workloads."""
    names = (module.name for module in pkgutil.iter_modules(_workloads.__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def strategies() -> tuple[str, ...]:
    """The names of the strategies, from the simplest on."""
    return _strategies.NAMES


def find_workload(workload: Any) -> Any:
    """The workload that is meant: a registered name, the path of a Python file, or itself."""
    if isinstance(workload, str):
        if workload in workloads():
            return importlib.import_module(f"kernels.workloads.{workload}")
        if not workload.endswith(".py"):
            allowed = ", ".join(workloads())
            raise ValueError(f"workload must be one of {allowed}, or the path of a .py file, not {workload!r}")
        workload = load_file(workload)
    required = REQUIRED_OF_COORDINATED if hasattr(workload, "serial") else REQUIRED
    missing = [name for name in required if not hasattr(workload, name)]
    if missing:
        raise ValueError(
            f"workload {name_of(workload)!r} lacks {', '.join(missing)}; it must have {', '.join(required)}"
        )
    return workload


def name_of(workload: Any) -> str:
    """A short name for a workload: its file's, or its type's."""
    file = getattr(workload, "__file__", None)
    return Path(file).stem if file else type(workload).__name__


def find_strategy(strategy: str) -> Any:
    """The module of the strategy with that name."""
    if strategy not in strategies():
        raise ValueError(f"strategy must be one of {', '.join(strategies())}, not {strategy!r}")
    return importlib.import_module(f"kernels.strategies.{strategy}")


def why_never(workload: Any, strategy: str) -> str | None:
    """Why this strategy has no version of this workload, wherever it is run, or None where it has."""
    module, workload = find_strategy(strategy), find_workload(workload)
    reason: str | None = module.why_never(workload) if hasattr(module, "why_never") else None
    if reason is None and is_coordinated(workload) and not callable(getattr(workload, strategy, None)):
        return "its coordination is not written out for this"
    return reason


def why_not(workload: Any, strategy: str) -> str | None:
    """Why this strategy cannot run this workload here, or None where it can.

    Either there is no such version, or something that it needs is missing here: a newer Python, or
    a package.
    """
    module, workload = find_strategy(strategy), find_workload(workload)
    reason = why_never(workload, strategy)
    if reason is None and hasattr(module, "missing"):
        reason = module.missing()
    if reason is None and hasattr(workload, "missing"):
        reason = workload.missing(strategy)
    return reason


def require_support(workload: Any, strategy: str) -> None:
    """Raise Unsupported, with the reason, where `why_not` has one."""
    reason = why_not(workload, strategy)
    if reason is not None:
        raise Unsupported(f"strategy {strategy!r} cannot run workload {name_of(workload)!r}: {reason}")
