"""Tables in plain text and in Markdown, from rows of which the first is the header."""

from collections.abc import Sequence


def plain(rows: Sequence[Sequence[str]], align: str) -> str:
    """Columns two spaces apart; `align` has ``<`` or ``>`` for each of them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    header, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *body])
