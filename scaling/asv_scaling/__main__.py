"""``python -m asv_scaling export``: the page's tables and pictures as files, from asv's results."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asv_scaling import export, scaling


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where there is nothing to write, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m asv_scaling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("export", help="write tables and pictures")
    command.add_argument("folder", type=Path, metavar="DIR", help="where to, made where it is not there")
    command.add_argument("--format", default="md,svg", help="of md, png and svg, by default md,svg")
    command.add_argument("--config", type=Path, default=Path("asv.conf.json"), help="of the suite, asv.conf.json")
    command.add_argument("--machine", default="", help="by default the one with the newest commit on the most Pythons")
    command.add_argument("--commit", default="", help="how its hash begins; by default the newest")
    command.add_argument("--python", default="", help="of the table; by default the newest")
    command.add_argument("--into", type=Path, metavar="FILE", help=f"a page that gets the tables, after {export.START}")
    options = parser.parse_args(arguments)
    formats = options.format.split(",")
    for name in formats:
        if name not in export.FORMATS:
            parser.error(f"--format takes {', '.join(export.FORMATS)}, not {name!r}")
    try:
        conf = load(options.config)
        words = scaling.Words.of(conf.get("scaling", {}))
        folder = options.config.parent / conf.get("results_dir", "results")
        shown = export.collect(folder, words, options.machine, options.commit, options.python)
        for path in export.export(shown, formats, options.folder):
            print(path)
        if options.into:
            export.insert(shown, options.into)
    except (ValueError, OSError) as error:
        print(f"asv_scaling: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        needed = "pip install asv-scaling brings all it needs"
        print(f"asv_scaling: {error.name} is not installed; {needed}", file=sys.stderr)
        return 1
    return 0


def load(path: Path) -> dict[str, Any]:
    """A suite's configuration: JSON with comments, as asv reads it."""
    import json5

    conf = json5.loads(path.read_text("utf-8"))
    if not isinstance(conf, dict):
        raise ValueError(f"{path} holds no object")
    return conf


if __name__ == "__main__":
    sys.exit(main())
