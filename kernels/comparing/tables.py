"""Text for people: tables from rows of which the first is the header, and numbers with as many digits as tell."""

from collections.abc import Sequence

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


def plain(rows: Sequence[Sequence[str]], align: str) -> str:
    """Columns two spaces apart; `align` has ``<`` or ``>`` for each of them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; cells must hold no ``|``."""
    header, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *body])


def duration(seconds: float) -> str:
    """A time with three digits, in the unit that suits it."""
    unit, name = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / unit:.3g} {name}"
