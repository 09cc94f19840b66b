"""``python -m asv_scaling export|changes|intervals``: tables and pictures, what changed, and intervals for graphs."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from asv_scaling import (
    __version__,
    changes,
    commits,
    export,
    files,
    history,
    intervals,
    parameters,
    results,
    selection,
    streams,
)
from asv_scaling.suite import Settings, Suite

LONGEST_MESSAGE = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 if it failed, 2 for wrong arguments, 130 after Ctrl-C."""
    return streams.run(lambda: _main(arguments))


def _main(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asv_scaling", description=__doc__)
    parser.add_argument("--version", action="version", version=f"asv-scaling {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("export", help="write tables and pictures")
    command.add_argument("folder", type=Path, metavar="DIR", help="where to; it is made if it is not there")
    command.add_argument("--format", default="md,svg", help="of md, png and svg; by default md,svg")
    command.add_argument("--config", type=Path, default=Path("asv.conf.json"), help="by default asv.conf.json")
    command.add_argument("--machine", default="", help="by default the one with the newest commit on the most Pythons")
    command.add_argument("--commit", default="", help="the start of its hash; by default the newest")
    command.add_argument("--python", default="", help="of the table; by default the newest")
    command.add_argument("--into", type=Path, metavar="FILE", help=f"a page that gets the tables, after {export.START}")
    listing = commands.add_parser("changes", help="list which series changed, with which commit, and by how much")
    listing.add_argument("--config", type=Path, default=Path("asv.conf.json"), help="by default asv.conf.json")
    listing.add_argument("--machine", default="", help="by default all")
    bands = commands.add_parser(
        "intervals", help="write the intervals of results into a published site for asv-tachyon"
    )
    bands.add_argument("--config", type=Path, default=Path("asv.conf.json"), help="by default asv.conf.json")
    options = parser.parse_args(arguments)
    for name in options.format.split(",") if options.command == "export" else ():
        if name not in export.FORMATS:
            command.error(f"--format takes {', '.join(export.FORMATS)}, not {name!r}")
    try:
        written = COMMANDS[options.command](options)
    except KeyboardInterrupt:
        streams.complain("asv_scaling: interrupted")
        return 130
    except Exception as error:
        if sys.flags.dev_mode:  # python -X dev shows the traceback
            raise
        streams.complain(f"asv_scaling: {parameters.printable(_reason(error), LONGEST_MESSAGE)}")
        return 1
    for line in written:
        print(line)
    return 0


def _export(options: argparse.Namespace) -> list[Path]:
    """Write what the options ask for, and return the files of the folder."""
    if options.folder.exists() and not options.folder.is_dir():
        raise ValueError(f"{options.folder} is not a folder")
    conf = load(options.config)
    folder = options.config.parent / conf.get("results_dir", "results")
    suite = Suite.of(results.benchmarks(folder), Settings.of(conf.get("scaling", {})))
    if not suite.workloads:
        raise selection.NothingToExport(" ".join([suite.why_nothing, *suite.left_out]))
    asked = selection.Asked(options.machine, options.commit, options.python)
    lines = commits.of_branches(conf, options.config.parent)
    shown = selection.select(folder, suite, asked, _warn, commits.numbers(lines) if lines else None)
    contents = export.contents(shown, options.format.split(","))
    made = {options.folder / name: content for name, content in contents.items()}
    for sentence in (*suite.left_out, *shown.missing()):
        _warn(f"left out: {sentence}")
    pages = {options.into: export.with_tables(shown, options.into)} if options.into else {}
    options.folder.mkdir(parents=True, exist_ok=True)
    files.write({**made, **pages})
    return list(made)


def _changes(options: argparse.Namespace) -> list[str]:
    """The changes of each machine, a line each; a line also where there is none."""
    conf = load(options.config)
    folder = options.config.parent / conf.get("results_dir", "results")
    benchmarks = results.benchmarks(folder)
    machines = {machine.name: machine for machine in results.machines(folder, _warn)}
    if options.machine and options.machine not in machines:
        raise ValueError(f"machine must be one of {', '.join(machines)}, not {options.machine!r}")
    chosen = [machine for name, machine in machines.items() if options.machine in ("", name)]
    lines = commits.of_branches(conf, options.config.parent)
    histories = [one for machine in chosen for one in history.of_branches(machine, benchmarks, _warn, lines)]
    if not any(one.commits for one in histories):  # the checkout has none of the commits
        histories = [history.read(machine, benchmarks, _warn) for machine in chosen]
    found = history.entries(histories)
    changed = {(entry.machine, entry.branch) for entry in found}
    unchanged = [one for one in histories if (one.machine, one.branch) not in changed]
    said = [*map(history.line, found), *map(_no_change, unchanged)]
    return [parameters.printable(line, LONGEST_MESSAGE) for line in said]


def _no_change(of: history.History) -> str:
    """Of a machine without any: how many series could have shown one."""
    judged = sum(len(changes.usable(points)) > 1 for points in of.series.values())
    if judged:
        return f"{of.machine}: no change in {judged} series"
    return f"{of.machine}: nothing to compare, since no series has two points with an interval"


def _intervals(options: argparse.Namespace) -> list[str]:
    """Write intervals into the graphs of the published site, and say into how many."""
    conf = load(options.config)
    html = options.config.parent / conf.get("html_dir", "html")
    found = intervals.extended(html, options.config.parent / conf.get("results_dir", "results"), _warn)
    files.write(found)
    return [f"{sum(map(intervals.count, found.values()))} intervals in {len(found)} graphs of {html}"]


COMMANDS: Mapping[str, Callable[[argparse.Namespace], Sequence[object]]]
COMMANDS = {"export": _export, "changes": _changes, "intervals": _intervals}


def load(path: Path) -> dict[str, Any]:
    """A suite's configuration: JSON with comments, as asv reads it. Raises ValueError, which names it, and OSError."""
    import json5

    try:
        conf = json5.loads(path.read_bytes().decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(conf, dict):
        raise ValueError(f"{path} holds no object")
    if not isinstance(conf.get("results_dir", ""), str):
        raise ValueError(f'{path}: "results_dir" must be a path, not {conf["results_dir"]!r:.40}')
    return conf


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError) and error.name:
        return f"this needs {error.name}, which is not installed here: pip install asv-scaling brings it"
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        name, found = error.obj.__name__, error.obj.__spec__ and error.obj.__spec__.origin
        return f"{found or 'a folder here'} is imported as {name}, and is not the package {name} that is needed"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


def _warn(message: str) -> None:
    streams.complain(f"warning: {parameters.printable(message, LONGEST_MESSAGE)}")


if __name__ == "__main__":
    sys.exit(main())
