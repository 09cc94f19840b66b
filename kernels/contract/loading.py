"""How a workload is found: by the path of its file, and again in a worker process."""

import importlib
import importlib.util
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from kernels.machine import blas

_loading = threading.RLock()  # no thread is given a module that another has not loaded to its end


def load_file(path: str | Path, name: str | None = None) -> ModuleType:
    """The module in the file at `path`, loaded once.

    Where no name is given it is named after its whole path, so that it hides no other module and
    has the same name in every worker process.
    """
    path = Path(path).resolve()
    name = name or f"workload {path}".replace("%", "%25").replace(".", "%2E")  # pickle takes a dot for a package's
    with _loading:
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
        variables = _Variables()
        if isinstance(self.workload, ModuleType):
            return _arrive, (variables, self.workload.__name__, getattr(self.workload, "__file__", None))
        return _carried, (variables, self.workload)


class _Variables:
    """The numbers of BLAS's threads, set where it arrives, before a workload imports NumPy.

    A fork server that ran before has not got those that are set now.
    """

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _set, ({name: os.environ[name] for name in blas.VARIABLES if name in os.environ},)


def _set(variables: dict[str, str]) -> None:
    os.environ.update(variables)


def _carried(variables: None, workload: Any) -> Portable:
    return Portable(workload)


def _arrive(variables: None, name: str, file: str | None) -> Portable:
    if name == "__main__" and file is not None and not hasattr(sys.modules[name], "SIZES"):
        return Portable(load_file(file, "__parent_main__"))  # interpreters do not load it by themselves
    try:
        return Portable(importlib.import_module(name))
    except ImportError:
        if file is None:
            raise
        return Portable(load_file(file, name))
