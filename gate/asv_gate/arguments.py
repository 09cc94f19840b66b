"""What the command line's arguments may be: each is checked before anything is done, and refused in a line."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
PACKAGE = r"(?:pip\+)?[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?"
NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"


def fraction(text: str) -> float:
    """``5%`` or ``0.05``."""
    match = re.fullmatch(rf"{NUMBER} ?(%?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must be like 5% or 0.05, not {text!r}")
    return float(match[1]) / (100 if match[2] else 1)


def duration(text: str) -> float:
    """``90s``, ``10m`` or ``1h``, as seconds."""
    match = re.fullmatch(rf"{NUMBER} ?([smh])", text)
    if match is None or float(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"must be like 90s, 10m or 1h, not {text!r}")
    return float(match[1]) * SECONDS[match[2]]


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"must be a regular expression, not {text!r}: {error}") from None


def expression(text: str) -> str:
    """A regular expression, as its text."""
    return pattern(text).pattern


def whole(least: int) -> Callable[[str], int]:
    """An integer of at least so much."""

    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]+", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, not {text!r}")
        return int(text)

    return parse


def path(text: str) -> Path:
    """A file or a folder, which is there or is to be made."""
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(f"must be a path, not {text!r}")
    return Path(text)


def word(text: str) -> str:
    """The name of one thing."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"must be a name, not {text!r}")
    return text


def folder_name(text: str) -> str:
    """The name of a folder in another one."""
    if text.strip() in ("", ".", "..") or any(sign in text for sign in "/\\\0"):
        raise argparse.ArgumentTypeError(f"must be the name of a folder, without / or \\, not {text!r}")
    return text


def requirement(text: str) -> tuple[str, str]:
    """``numpy==2.2.6``: a package and a version of it."""
    match = re.fullmatch(rf"({PACKAGE}) ?== ?([A-Za-z0-9.*+!_-]+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must be a package and its version, like numpy==2.2.6, not {text!r}")
    return match[1].lower(), match[2]


def variable(text: str) -> tuple[str, str]:
    """``PYTHON_JIT=1``: the name of an environment variable, and its value."""
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or "\0" in value:
        raise argparse.ArgumentTypeError(f"must be a variable and its value, like PYTHON_JIT=1, not {text!r}")
    return name, value
