"""The reference of a machine's history: one build, and the time of every benchmark with it.

It is a file of JSON lines beside the machine's results. The first line has the build and the
machine; every other one a benchmark. It is no ``.json`` file, since asv takes each of those for results.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError
from asv_gate.report.words import count

NAME = "reference.jsonl"
KIND = "asv-gate reference"
FORMAT = 1


def group_of(name: str) -> str:
    """A benchmark's name without its parameters."""
    return name.partition("(")[0]


@dataclass(frozen=True)
class Build:
    """A commit, by its full hash, in an environment, by asv's name for it."""

    commit: str
    environment: str

    def __str__(self) -> str:
        return f"{self.commit[:8]} in {self.environment}"


@dataclass(frozen=True)
class ReferenceTime:
    """What a benchmark takes with the reference build.

    Attributes
    ----------
    name
        With its parameters, as asv shows it.
    version
        Of the benchmark: with another one a new history begins.
    seconds
        Its time, which was fixed once; and `half`, half of the 95 % interval of its logarithm against the
        anchor of its group.
    anchor
        The benchmark of its group that it was measured against, in the build that fixed that one's time: itself, for
        the anchor.
    pairs
        How many pairs fixed it.
    cost
        Seconds that a pair takes.
    build
        Where it was measured: the reference's own build, or that in which the benchmark first appeared.

    """

    name: str
    version: str
    seconds: float
    half: float
    anchor: str
    pairs: int
    cost: float
    build: Build


@dataclass(frozen=True)
class Replaced:
    """A reference that was given up for another build.

    Attributes
    ----------
    build, by
        What was the reference before, and after.
    when
        The date, as 2026-01-31.
    linked
        The benchmarks whose series go on: both builds were measured against each other.
    kept
        Those that are measured against the old build as before: the new one has not got them, or they fail there.
    apart
        Those whose series end, and begin anew with the next result; and why.

    """

    build: Build
    by: Build
    when: str
    linked: Sequence[str]
    kept: Sequence[str]
    apart: Mapping[str, str]

    def __str__(self) -> str:
        words = f"{self.build} is replaced by {self.by}: {count(len(self.linked), 'benchmark')} linked"
        words += f", {len(self.kept)} stay with the old build" if self.kept else ""
        return words + (f", {len(self.apart)} begin anew" if self.apart else "")


@dataclass(frozen=True)
class Reference:
    """A machine's reference, and those before it, the first of them first."""

    build: Build
    machine: Mapping[str, str]
    times: Mapping[str, ReferenceTime] = field(default_factory=dict)
    replaced: Sequence[Replaced] = field(default_factory=list)

    def with_times(self, times: Mapping[str, ReferenceTime]) -> "Reference":
        """The same with these times too, in place of older ones of the same benchmarks."""
        return replace(self, times={**self.times, **times})

    def save(self, folder: Path, name: str = NAME) -> None:
        """Write it whole or not at all."""
        write_atomic(folder / name, self.text())

    def text(self) -> str:
        """What a file of it holds."""
        header = {"kind": KIND, "format": FORMAT, "build": asdict(self.build), "machine": dict(self.machine)}
        if self.replaced:
            header["replaced"] = [asdict(each) for each in self.replaced]
        lines = [header, *(asdict(time) for _, time in sorted(self.times.items()))]
        return "".join(f"{json.dumps(line, allow_nan=False)}\n" for line in lines)


def load(folder: Path) -> Reference | None:
    """The reference in a machine's folder of results, or None where there is none.

    Raises
    ------
    GateError
        For a file that is no reference, or is broken.

    """
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise GateError(f"{path} cannot be read: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Reference:
    """The reference that a file's text says. Raises GateError, which names the file, where it says none."""
    try:
        header, *lines = (json.loads(line) for line in text.splitlines())
        if header["kind"] != KIND or header["format"] != FORMAT:
            raise ValueError(f"it is {header.get('kind')!r} of format {header.get('format')!r}")
        times = {line["name"]: _time(line) for line in lines}
        replaced = [
            Replaced(**{**each, "build": Build(**each["build"]), "by": Build(**each["by"])})
            for each in header.get("replaced", ())
        ]
        return Reference(Build(**header["build"]), header["machine"], times, replaced)
    except (ValueError, KeyError, TypeError) as error:
        raise GateError(
            f"{path} is no reference of asv-gate, format {FORMAT} ({error}); nothing was changed: "
            "restore the file, or move it away to begin a new history"
        ) from None


def _time(line: Mapping[str, Any]) -> ReferenceTime:
    time = ReferenceTime(**{**line, "build": Build(**line["build"])})
    if not (isinstance(time.seconds, float) and 0 < time.seconds < float("inf")):
        raise ValueError(f"{time.name} takes {time.seconds!r} s")
    return time


def joined(theirs: str, ours: str, path: Path) -> str:
    """The text of a reference that two machines of one name have added to at the same time.

    Raises
    ------
    GateError
        Where what was measured here cannot stand beside theirs: they have another reference, or another time of a
        benchmark. A reference that one of them has replaced, and a benchmark of another version, is no such case.

    """
    there, here = parse(theirs, path), parse(ours, path)
    replaced = any(each.build == there.build for each in here.replaced)
    if any(each.build == here.build for each in there.replaced) and here.times.keys() <= _known(there):
        return theirs
    if not replaced and there.build != here.build:
        raise GateError(
            f"{path}: what was measured here is against {here.build}, and another machine of this name has "
            f"{there.build} as its reference: remove {path.parent} here, get its results, and measure again"
        )
    if replaced:  # all that were known have become the new reference's, or are apart; another run has added the rest
        twice = sorted(there.times.keys() - _known(here))
    else:
        twice = [
            name
            for name, time in here.times.items()
            if name in there.times and time.version == there.times[name].version and time != there.times[name]
        ]
    if twice:
        raise GateError(
            f"{path}: another machine of this name has fixed the reference time of {twice[0]} at the same time "
            f"({count(len(twice), 'benchmark')} in all): remove {path.parent} here, get its results, and measure again"
        )
    return ours if replaced else there.with_times(here.times).text()


def _known(reference: Reference) -> set[str]:
    """The benchmarks that it has, and those that it could not take over from one that it replaced."""
    return reference.times.keys() | {name for each in reference.replaced for name in each.apart}
