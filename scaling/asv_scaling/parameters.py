"""Values of benchmark parameters, read back from how asv keeps them: the ``repr`` of each, without addresses."""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

MOST_WORKERS = 10**6
LONGEST = 80  # characters of a value in a table, a legend or an address
JOINERS = "\u200c\u200d"  # Persian spelling and composed emoji need them
# np.int64(4), np.str_('pool'), array(4), Decimal('4'): one value, in the call that would make it.
SCALAR = re.compile(r"(?:(?:np|numpy)\.\w+|array|Decimal)\((.*)\)", re.DOTALL)
ENUM_MEMBER = re.compile(r"<(?:\w+\.)*(\w+): (.*)>", re.DOTALL)
CALLABLE = re.compile(r"<(?:function|class|built-in function) '?([^'>]+)'?>")
REPEATED = re.compile(r"(.*)( \(\d+\))", re.DOTALL)  # asv numbers values that read alike


def count(written: str) -> int | None:
    """How many workers a value says, or None: -1, None, 'auto' and 2.5 do not say how many."""
    repeated = REPEATED.fullmatch(written)
    value = _value(repeated[1] if repeated else written)
    if isinstance(value, str) and len(value) <= len(str(MOST_WORKERS)) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MOST_WORKERS:
        return None
    return int(value) if value == int(value) else None


def shown(values: Sequence[str]) -> list[str]:
    """A short line of text for each value of a parameter, no two of them alike."""
    texts = [_plain(value) for value in values]
    alike = Counter(texts)
    # 4 and '4' read alike without their quotes.
    return distinct([printable(value) if alike[text] > 1 else text for value, text in zip(values, texts, strict=True)])


def distinct(texts: Sequence[str]) -> list[str]:
    """The same texts, where a text that was there before gets a number after it."""
    found: dict[str, None] = {}
    for text in texts:
        number, candidate = 1, text
        while candidate in found:
            number += 1
            candidate = f"{text} ({number})"
        found[candidate] = None
    return list(found)


def printable(text: object, longest: int = LONGEST) -> str:
    """The text on one line, with control characters as escapes, and its end left away where it is too long.

    What a suite calls its benchmarks and parameters gets into Markdown, SVG, addresses and terminals.
    """
    words = " ".join(str(text).split())
    line = "".join(c if c.isprintable() or c in JOINERS else c.encode("unicode_escape").decode() for c in words)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _plain(written: str) -> str:
    """A value as one would say it: pool for 'pool', np.str_('pool'), <Backend.POOL: 'pool'> and <function pool>."""
    if member := ENUM_MEMBER.fullmatch(written):
        value = _value(member[2])
        return printable(value if isinstance(value, str) and value is not member[2] else member[1])
    value = _value(written)
    if value is written and (repeated := REPEATED.fullmatch(written)):
        return printable(_plain(repeated[1]) + repeated[2])
    return printable(value) or repr(value)


def _value(written: str) -> Any:
    """The number, text or other literal of Python that was written, or else the text as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, in what is no literal
            return ast.literal_eval(written)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    if scalar := SCALAR.fullmatch(written):
        inner = _value(scalar[1])
        return written if isinstance(inner, list | tuple | dict | set) or inner is scalar[1] else inner
    if member := ENUM_MEMBER.fullmatch(written):
        return _value(member[2])
    if named := CALLABLE.fullmatch(written):
        return named[1]
    return written
