"""Where a comparison goes: to the terminal, or as JSON, Markdown, CSV or a chart to files, or to standard output."""

import argparse
import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kernels.commands import arguments
from kernels.commands.files import atomic_write
from kernels.comparing import chart, measurement, tabular
from kernels.comparing.comparison import Comparison

STDOUT = "-"
TEXTS: dict[str, Callable[[Comparison, dict[str, Any]], str]] = {
    "json": lambda comparison, found: json.dumps(found, indent=1) + "\n",
    "markdown": lambda comparison, found: tabular.markdown_table(comparison),
    "csv": lambda comparison, found: tabular.csv_table(comparison),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where it goes."""
    parser.add_argument("--plot", type=arguments.chart_file, metavar="FILE", help="bar chart to write, .png or .svg")
    helps = {
        "json": "file to write all samples and figures to; - is standard output, and then nothing else is printed",
        "markdown": "file to write the table to, or -",
        "csv": "the same as numbers, times in seconds",
    }
    for name in TEXTS:
        parser.add_argument(f"--{name}", type=arguments.file_or_stdout, metavar="FILE", help=helps[name])


def refuse_two(given: argparse.Namespace) -> None:
    """Refuse that two texts share standard output."""
    names = [f"--{name}" for name in TEXTS if getattr(given, name) == STDOUT]
    if len(names) > 1:
        given.refuse(f"{' and '.join(names)} cannot both be written to standard output")


def is_taken(given: argparse.Namespace) -> bool:
    """Whether standard output is for one of the texts, and so for nothing else."""
    return any(getattr(given, name) == STDOUT for name in TEXTS)


def write(given: argparse.Namespace, comparison: Comparison, found: dict[str, Any]) -> None:
    """Write what was asked for; `found` is all of it as a dict."""
    for name, text in TEXTS.items():
        to = getattr(given, name)
        if to == STDOUT:
            sys.stdout.write(text(comparison, found))
        elif to is not None:
            with atomic_write(to) as draft:
                draft.write_text(text(comparison, found))
    if given.plot:
        with atomic_write(given.plot) as draft:
            chart.draw(comparison, draft, Path(given.plot).suffix[1:])


def has_colour() -> bool:
    """Whether standard output is a terminal whose user has not said no to colour (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def progress_bar() -> Iterator[measurement.Progress]:
    """A bar on the terminal's stderr where tqdm is installed, nothing elsewhere."""
    if not (sys.stderr.isatty() and importlib.util.find_spec("tqdm")):
        yield lambda done, total: None
        return
    from tqdm import tqdm

    with tqdm(unit="run", leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
