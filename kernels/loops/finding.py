"""Finding a function and its items by what a command line can say: ``module:name``, ``file.py:name``, ``range(10)``."""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from kernels.contract.loading import load_file

FUNCTION = "module:function or path/to/file.py:function"
ITEMS = "module:name, path/to/file.py:name, range(...) or a list such as [1, 2, 3]"


def is_place(text: str) -> bool:
    """Whether this names something in a module, and not a workload."""
    return ":" in text and not text.endswith(".py")


def is_named(text: str) -> bool:
    """Whether items are named by where they are, and not written out."""
    return ":" in text and text[:1] not in "[({"


def function(text: str) -> Any:
    """The function that is meant; ValueError, with the nearest name, where there is none."""
    found = _at(text, FUNCTION)
    if not callable(found):
        raise ValueError(f"{text} must be a function, not {type(found).__name__}")
    return found


def items(text: str) -> Any:
    """The items that are meant: what a name stands for, called where that can be called; or a range or a list."""
    if is_named(text):
        found = _at(text, ITEMS)
        return found() if callable(found) else found
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "range":
            return range(*map(ast.literal_eval, tree.args))
        found = ast.literal_eval(tree)
    except (ValueError, SyntaxError, TypeError, MemoryError) as error:
        raise ValueError(f"items must be {ITEMS}, not {text!r} ({error})") from None
    if not isinstance(found, (list, tuple)):
        raise ValueError(f"items must be {ITEMS}, not {text!r}")
    return found


def _at(text: str, allowed: str) -> Any:
    place, _, name = text.rpartition(":")
    if not place or not name:
        raise ValueError(f"must be {allowed}, not {text!r}")
    found: Any = _module(place)
    for word in name.split("."):
        if not hasattr(found, word):
            near = difflib.get_close_matches(word, [each for each in dir(found) if not each.startswith("__")], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"there is no {word!r} in {place}{hint}")
        found = getattr(found, word)
    return found


def _module(place: str) -> ModuleType:
    if place.endswith(".py"):
        if not Path(place).is_file():
            near = difflib.get_close_matches(Path(place).name, [each.name for each in _beside(place)], n=1)
            hint = f"; did you mean {str(Path(place).with_name(near[0]))!r}?" if near else ""
            raise ValueError(f"there is no file {place!r}{hint}")
        return _loaded(place, lambda: load_file(place))
    return _loaded(place, lambda: importlib.import_module(place))


def _loaded(place: str, load: Any) -> ModuleType:
    try:
        module: ModuleType = load()
    except (Exception, SystemExit) as error:
        raise ValueError(f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _beside(place: str) -> list[Path]:
    folder = Path(place).parent
    return sorted(folder.glob("*.py")) if folder.is_dir() else []
