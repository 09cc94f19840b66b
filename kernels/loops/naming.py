"""How a program to be pasted gets a function and its items: lines of import, or comments where none would do."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels.loops import finding, sending

# What such a program calls its own things.
TAKEN = frozenset(
    [
        "answer",
        "answers",
        "chunk",
        "chunks",
        "context",
        "executor",
        "functools",
        "given",
        "hi",
        "item",
        "items",
        "joblib",
        "lo",
        "math",
        "memory",
        "multiprocessing",
        "np",
        "out",
        "part",
        "parts",
        "place",
        "pool",
        "room",
        "shape",
        "spans",
        "step",
        "view",
    ]
)


@dataclass(frozen=True)
class Name:
    """What a program calls a function, and the lines that give it that name."""

    called: str
    lines: str


@dataclass(frozen=True)
class Names:
    """How a program gets the function and its items."""

    function: Name
    items: str

    @classmethod
    def of(
        cls,
        function: Any,
        items: Any,
        function_at: str | None = None,
        items_at: str | None = None,
        *,
        is_listed: bool = True,
    ) -> Names:
        """From where they were found, or from what they are; items that are no sequence have to be listed first."""
        place = _place(items_at) if items_at and finding.is_named(items_at) else None
        if place and _can_be_written(place):
            name = _named(*place)
            found = f"{name.lines}\n\nitems = {name.called}() if callable({name.called}) else {name.called}"
            found += "" if is_listed else "\nitems = list(items)"
        elif items_at and place is None:
            found = f"items = {items_at}"
        else:
            found = f"items = {items!r}" if isinstance(items, range) else "# items: those that were compared"
        return cls(of_function(function, function_at), found)


def of_function(function: Any, place: str | None = None, what: str = "function") -> Name:
    """The name of a function; `what` is what it is called where it has none by which a program could import it."""
    found = _place(place) if place else _where(function)
    if found is not None and _can_be_written(found):
        return _named(*found)
    name = sending.name_of(function)
    known = name.isidentifier() and name == getattr(function, "__name__", "") and name not in TAKEN
    return Name(name if known else what, f"# {name if known else what}: the one that was compared")


def _named(module: str, path: str) -> Name:
    """A name of a module; one that the program needs itself gets another."""
    first, dot, rest = path.partition(".")
    own = f"{first}_" if first in TAKEN else first
    called = f"{own}{dot}{rest}"
    if module == "builtins":
        return Name(called, "")
    return Name(called, f"from {module} import {first}" + (f" as {own}" if own != first else ""))


def _can_be_written(place: tuple[str, str]) -> bool:
    """Whether a statement of import can have it: a file may be called as no module can."""
    return all(word.isidentifier() for text in place for word in text.split("."))


def _place(text: str) -> tuple[str, str]:
    """The module and the path in it; a file is imported from its own folder."""
    module, _, path = text.rpartition(":")
    if module.endswith(".py"):
        module = module.replace("\\", "/").rpartition("/")[2][:-3]
    return module, path


def _where(function: Any) -> tuple[str, str] | None:
    """Where a function is found by its module and qualified name; None where that is not it."""
    name, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    module = sys.modules.get(name or "")
    if module is None or name in sending.MAIN:
        return None
    found: Any = module
    for word in path.split("."):
        found = getattr(found, word, None)
    if found is not function:
        return None
    if sending.is_loaded_by_path(module):
        return Path(str(module.__file__)).stem, path
    return module.__name__.lstrip("_"), path  # operator.add says that it is of _operator
