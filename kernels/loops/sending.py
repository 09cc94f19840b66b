"""How a function reaches a worker: by where it is defined, which the worker then loads, and never by luck."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from kernels.contract.loading import load_file
from kernels.workers import parent_main

MAIN = ("__main__", parent_main.NAME)


class Unsendable(ValueError):
    """No worker could rebuild this; the message is the reason, as a phrase."""


def packed(what: Any) -> bytes:
    """A function, or what holds functions, as bytes that `unpacked` rebuilds in another process.

    Raises
    ------
    Unsendable
        Where it has no name by which it could be found there, as a lambda has none.
    """
    file = io.BytesIO()
    try:
        _ByPlace(file, protocol=pickle.DEFAULT_PROTOCOL).dump(what)
    except Unsendable:
        raise
    except Exception as error:  # whatever an object's own methods raise
        raise Unsendable(f"it cannot be pickled: {error}") from error
    return file.getvalue()


def unpacked(message: bytes) -> Any:
    """What `packed` was given."""
    return pickle.loads(message)  # noqa: S301 - this program's own


class _ByPlace(pickle.Pickler):
    """Functions and classes of the main module, and of files that were loaded by their path, go by file and name."""

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, (FunctionType, type)):
            return NotImplemented
        name = value.__qualname__
        if "<" in name:  # <lambda>, or in the <locals> of a function
            kind = "a lambda" if name.endswith("<lambda>") else f"{name.rpartition('.')[2]} is local to a function"
            raise Unsendable(f"{kind}, which has no name by which another process could find it: use def in a module")
        module = sys.modules.get(value.__module__)
        if value.__module__ in MAIN and module is not None:
            return self._of_main(module, value)
        if module is not None and is_loaded_by_path(module):
            return _of_file, (str(module.__file__), module.__name__, name)
        return NotImplemented

    @staticmethod
    def _of_main(module: ModuleType, value: Any) -> Any:
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).is_file():
            spec = module.__spec__
            return _of_main, (str(Path(file).resolve()), spec.parent if spec else None, value.__qualname__)
        by_value = _cloudpickle()
        if by_value is None:
            raise Unsendable(
                f"{value.__name__} is defined at a prompt, in a notebook, by python -c or on standard input, which "
                "other processes cannot import: move it into a module, or pip install cloudpickle"
            )
        return pickle.loads, (by_value.dumps(value),)


def _cloudpickle() -> Any:
    """What pickles functions by value, where it is installed by itself or as a part of joblib."""
    for name in ("cloudpickle", "joblib.externals.cloudpickle"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def is_loaded_by_path(module: ModuleType) -> bool:
    """Whether it has no name by which it could be imported."""
    return module.__name__.startswith("workload ")


def _of_main(file: str, package: str | None, name: str) -> Any:
    return _named(parent_main.load(file, package), name)


def _of_file(file: str, module: str, name: str) -> Any:
    return _named(load_file(file, module), name)


def _named(module: ModuleType, name: str) -> Any:
    found: Any = module
    for word in name.split("."):
        found = getattr(found, word)
    return found


def name_of(function: Any) -> str:
    """What a function is called in messages."""
    wrapped = getattr(function, "func", function)  # functools.partial
    return str(getattr(wrapped, "__name__", type(wrapped).__name__))
