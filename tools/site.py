"""What ``make docs`` adds to Sphinx: the help of each command, from its own parser."""

import argparse
import contextlib
import importlib
import os
import re
from collections.abc import Iterator
from typing import NoReturn
from unittest import mock

HELP = re.compile(r"^<!-- help of (\w+) -->$", re.MULTILINE)
MAINS = {"kernels": "kernels.__main__", "asv_gate": "asv_gate.cli", "asv_scaling": "asv_scaling.__main__"}


def helps_in_source(app: object, name: str, source: list[str]) -> None:
    """Replace each mark in a page's source, the one item of `source`; Sphinx calls this for each page."""
    source[0] = HELP.sub(lambda mark: helps(mark[1]), source[0])


def helps(name: str) -> str:
    """The help of a package's command and of each of its subcommands, from its own parser."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"}):
        return "\n\n".join(f"```text\n{text.strip()}\n```" for text in helps_of(parser_of(name)))


def helps_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The help of a parser, and of the parsers of its subcommands."""
    yield parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from helps_of(command)


def parser_of(package: str) -> argparse.ArgumentParser:
    """The parser that the main function of a package's command line makes; the command is not run."""
    found: list[argparse.ArgumentParser] = []

    def taken(parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        found.append(parser)
        raise SystemExit

    main = importlib.import_module(MAINS[package]).main
    with mock.patch.object(argparse.ArgumentParser, "parse_args", taken), contextlib.suppress(SystemExit):
        main([])
    return found[0]
