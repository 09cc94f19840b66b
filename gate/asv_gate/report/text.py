"""Texts that come from benchmarks, made fit to be shown: names, reasons, and what was printed.

They may have anything in them: escapes of a terminal, control characters, line breaks, half of a surrogate pair.
JSON can hold all of that and keeps it; what is shown to people is free of it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from asv_gate.differing import Difference
from asv_gate.report.model import Report

ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]")
LONGEST = 160  # characters of a name that are shown


def line(text: str, longest: int | None = None) -> str:
    """In one line, as it would look on a terminal; what cannot be printed is written as Python writes it.

    Parameters
    ----------
    text
        Anything.
    longest
        The characters that are kept of a longer one, from both of its ends.

    """
    clean = _printable(" ".join(ESCAPES.sub("", text).split()))
    if longest is None or len(clean) <= longest:
        return clean
    half = (longest - 5) // 2
    return f"{clean[:half]} ... {clean[-half:]}"


def block(text: str) -> str:
    """The same with its lines."""
    lines = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs().split("\n")
    return "\n".join(map(_printable, lines)).strip("\n")


def shown(report: Report, longest: int | None = LONGEST) -> Report:
    """The report with texts that can be shown."""
    return replace(
        report,
        project=line(report.project),
        base=line(report.base),
        head=line(report.head),
        environment=line(report.environment),
        base_environment=line(report.base_environment),
        differences=[Difference(*map(line, vars(each).values())) for each in report.differences],
        rows=[
            replace(row, name=name, unit=line(row.unit, 40), note=line(row.note))
            for row, name in zip(report.rows, _apart(line(row.name, longest) for row in report.rows), strict=True)
        ],
        broken={line(name, longest): block(error) for name, error in report.broken.items()},
        warnings=[block(warning) for warning in report.warnings],
        calibration=line(report.calibration),
        reason=line(report.reason),
    )


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def _apart(names: Iterable[str]) -> list[str]:
    """Names that have become alike are told apart."""
    count: dict[str, int] = {}
    told = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        told.append(name if count[name] == 1 else f"{name} #{count[name]}")
    return told
