"""The contract between a workload and a strategy, from the workload's side.

A workload is a module of plain functions, or any object with the same attributes. It knows
nothing of workers; `docs/writing-a-workload.md` shows one being written.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

Problem = Any  # a frozen dataclass of read-only arrays and scalars; len() is its number of items
Answer = Any


class Workload(Protocol):
    """What every workload has.

    One whose answer is an array also has ``empty(problem)``, which makes room for the answer,
    and then its ``solve`` takes that room as ``out`` and fills it. One whose answer is anything
    else has ``join(answers)`` instead, which puts the parts' answers, in order, together.
    """

    SIZES: Mapping[str, Any]

    def problem(self, size: Any, seed: int = ...) -> Problem: ...

    def part(self, problem: Problem, lo: int, hi: int) -> Problem: ...

    def solve(self, problem: Problem) -> Answer: ...

    def check(self, problem: Problem, answer: Answer) -> None: ...


REQUIRED = ("SIZES", "problem", "part", "solve", "check")
REQUIRED_OF_COORDINATED = ("SIZES", "problem", "check", "serial")  # see kernels/contract/coordination.py

# As many as Pool.map would make: enough to even out a worker that is held up, few enough for
# their dispatch not to show beside the work.
PARTS_PER_WORKER = 4


def spans(items: int, workers: int, parts_per_worker: int = PARTS_PER_WORKER) -> list[tuple[int, int]]:
    """Cut ``range(items)`` into consecutive (lo, hi), as even as whole numbers allow."""
    count = min(items, workers * parts_per_worker)
    shares = (share(items, number, count) for number in range(count))
    return [(rows.start, rows.stop) for rows in shares]


def share(items: int, number: int, of: int) -> range:
    """The share `number`, from 0 on, of ``range(items)`` cut into `of` consecutive ones."""
    return range(items * number // of, items * (number + 1) // of)


def is_coordinated(workload: Any) -> bool:
    """Whether the workload writes its versions out, having no independent parts."""
    return not hasattr(workload, "part")


def room(workload: Any, problem: Problem) -> Any:
    """An array for the answer, or None where the answer is not an array."""
    return workload.empty(problem) if hasattr(workload, "empty") else None


def solve(workload: Any, problem: Problem, out: Any) -> Answer:
    """Run the kernel, into `out` where there is one."""
    return workload.solve(problem) if out is None else workload.solve(problem, out=out)


def join(workload: Any, answers: Sequence[Answer], out: Any) -> Answer:
    """Put the answers of consecutive parts together, into `out` where there is one."""
    if hasattr(workload, "join"):
        return workload.join(answers)
    import numpy as np  # here, so that workers of pure-Python workloads start without it

    return np.concatenate(answers, out=out)


def load_file(path: str | Path, name: str | None = None) -> ModuleType:
    """The module in the file at `path`, loaded once.

    Where no name is given it is named after its whole path, so that it hides no other module and
    has the same name in every worker process.
    """
    path = Path(path).resolve()
    name = name or f"workload {path}".replace("%", "%25").replace(".", "%2E")  # pickle takes a dot for a package's
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ValueError(f"a workload's file must be an existing Python file, not {str(path)!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs, since dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@dataclass(frozen=True)
class Portable:
    """A workload on its way to another process: modules do not pickle, so they go by name and file.

    Send it ahead of any problem, so that the problem's class can be found when it arrives.
    """

    workload: Any

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        if isinstance(self.workload, ModuleType):
            return _arrive, (self.workload.__name__, getattr(self.workload, "__file__", None))
        return Portable, (self.workload,)


def _arrive(name: str, file: str | None) -> Portable:
    if name == "__main__" and file is not None and not hasattr(sys.modules[name], "SIZES"):
        return Portable(load_file(file, "__parent_main__"))  # interpreters do not load it by themselves
    try:
        return Portable(importlib.import_module(name))
    except ImportError:
        if file is None:
            raise
        return Portable(load_file(file, name))
