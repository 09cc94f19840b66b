"""A comparison as a table: rows of text, of which Markdown, CSV and HTML are made too."""

from __future__ import annotations

import csv
import html
import io
import math

from kernels.comparing.comparison import Comparison, Samples, as_factor
from kernels.comparing.limits import Limits
from kernels.comparing.tables import markdown, plain
from kernels.machine.info import python_name

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def text(comparison: Comparison, colour: bool = False) -> str:
    """The table and the notes below it; with colour, the row of the fastest configuration is bold."""
    rows = _rows(comparison)
    lines = plain(rows, "<" + ">" * (len(rows[0]) - 1)).splitlines()
    if colour:
        fastest = min(range(len(comparison.samples)), key=lambda number: comparison.samples[number].best)
        lines[fastest + 1] = f"{BOLD}{lines[fastest + 1]}{PLAIN}"
    return "\n".join([*lines, "", *notes(comparison)])


def markdown_table(comparison: Comparison) -> str:
    """The same in Markdown."""
    return "\n".join([markdown(_rows(comparison)), "", *(f"{note}  " for note in notes(comparison))]) + "\n"


def html_table(comparison: Comparison) -> str:
    """The same in HTML."""
    head, *body = _rows(comparison)
    made = ["<table><thead><tr>", *(f"<th>{html.escape(cell)}</th>" for cell in head), "</tr></thead><tbody>"]
    for row in body:
        made += ["<tr>", *(f"<td>{html.escape(cell)}</td>" for cell in row), "</tr>"]
    return "".join([*made, "</tbody></table>", *(f"<p>{html.escape(note)}</p>" for note in notes(comparison))])


def csv_table(comparison: Comparison) -> str:
    """Plain numbers: times in seconds, a row for each configuration."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    head = ["strategy", "workers", "chunk", "cold", "best", "median", "spread", "speedup", "efficiency"]
    rate = comparison.work
    writer.writerow([*head, *([f"rate ({rate.unit})"] if rate else [])])
    for samples in comparison.samples:
        configuration = samples.configuration
        times = (samples.cold_median, samples.best, samples.median, samples.spread)
        row = [configuration.strategy, configuration.workers, configuration.chunk, *times]
        row += [comparison.speedup(samples), comparison.efficiency(samples)]
        writer.writerow([*row, *([rate.amount / samples.best] if rate else [])])
    return file.getvalue()


def _rows(comparison: Comparison) -> list[list[str]]:
    """In milliseconds, with three digits for the shortest time."""
    shortest = min(samples.best for samples in comparison.samples)
    digits = max(0, 2 - math.floor(math.log10(1000 * shortest)))
    chunks = any(samples.configuration.chunk for samples in comparison.samples)
    rate = comparison.work
    head = ["strategy", "workers", *(["chunk"] if chunks else []), "cold (ms)", "best (ms)", "median (ms)"]
    rows = [[*head, "speedup", "efficiency", *(["rate"] if rate else [])]]
    for samples in comparison.samples:
        configuration = samples.configuration
        mark = "*" if comparison.oversubscribed(samples) else ""
        cold, best, median, spread = (
            f"{1000 * time:.{digits}f}" for time in (samples.cold_median, samples.best, samples.median, samples.spread)
        )
        rows.append(
            [
                configuration.strategy,
                f"{configuration.workers or '-'}{mark}",
                *([str(configuration.chunk or "-")] if chunks else []),
                cold,
                best,
                f"{median} ± {spread}",
                as_factor(comparison.speedup(samples)),
                as_factor(comparison.efficiency(samples)),
                *([rate.at(samples.best)] if rate else []),
            ]
        )
    return rows


def notes(comparison: Comparison) -> list[str]:
    """What is to be said of the table as a whole."""
    python = python_name(comparison.info["python"])
    found = [f"{comparison.rounds} rounds; Python {python}; usable CPUs: {comparison.usable_cpus}"]
    if any(map(comparison.oversubscribed, comparison.samples)):
        found.append("* more workers than usable CPUs")
    disturbed = [samples for samples in comparison.samples if samples.outliers]
    if disturbed:
        found.append(f"warning: outliers, which something else that ran may explain: {_outliers(disturbed)}")
    return found


def limit(comparison: Comparison, limits: Limits) -> str:
    """How close the fastest configuration comes to what this machine can do."""
    fastest, work = min(comparison.samples, key=lambda samples: samples.best), comparison.work
    share = None if work is None else limits.share(work, fastest.best)
    reached = "" if share is None else f"; {fastest.configuration} reaches {100 * share:.0f} % of it"
    return f"limits of this machine: {limits}{reached}"


def _outliers(disturbed: list[Samples]) -> str:
    return "; ".join(
        f"{samples.configuration}, {samples.outliers} of {len(samples.warm)} runs" for samples in disturbed
    )
