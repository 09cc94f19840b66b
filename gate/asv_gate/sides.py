"""Both commits installed, and the benchmarks that the suite has with each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asv_gate import differing, workspace
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.comparable import last_line
from asv_gate.discovery import discover
from asv_gate.errors import GateError
from asv_gate.overrides import overridden
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import duration
from asv_gate.workspace import Workspace

SLOW_IMPORT = 2.0  # seconds from which imports are spoken of


def install(
    space: Workspace,
    suite: Suite,
    commits: tuple[str, str],
    *,
    installations: int,
    folder: Path,
    progress: Progress,
    base_suite: Suite | None = None,
) -> list[tuple[Side, Side]]:
    """Both commits, so many times each, in environments of their own even where it is one commit.

    Base's is that of `base_suite`, where it is another one than head's.
    """
    suites = (base_suite or suite, suite)
    one = commits[0] == commits[1] and suites[0].setup_hash == suites[1].setup_hash
    letters = iter(workspace.LETTERS)
    sides = []
    for _ in range(installations):
        pair = []
        letter = next(letters)
        other = next(letters) if one else letter
        installs = space.install_both(suites, commits, (letter, other), progress.stage)
        for role, its, made in zip(("base", "head"), suites, installs, strict=True):
            own = folder / f"{role}-{made.letter}"
            own.mkdir(exist_ok=True)
            pair.append(Side(its, made, own))
        sides.append((pair[0], pair[1]))
    return sides


@dataclass(frozen=True)
class Selection:
    """The benchmarks that were asked for, and what is known of the others."""

    shared: Sequence[tuple[Benchmark, Benchmark]]  # as base and as head have them
    unmeasured: Mapping[str, str]  # by name of a benchmark that one side has, why the other has not
    broken: Mapping[str, str]  # by file, how it fails with head, and not with base
    notes: Sequence[str]  # on files that fail with base
    excluded: int = 0  # by the suite
    imports: tuple[float, float] = (0.0, 0.0)  # seconds that importing all of the suite takes, with base and with head


def select(
    suite: Suite, sides: tuple[Side, Side], patterns: Sequence[str], timeout: float | None, progress: Progress
) -> Selection:
    """The benchmarks that any of the patterns is found in; all, where there is none.

    Parameters
    ----------
    suite, sides
        What is imported, and with what.
    patterns
        Regular expressions.
    timeout
        Seconds that no benchmark may go beyond; by default what the suite says.
    progress
        Told of the imports.

    Raises
    ------
    GateError
        For a pattern that is no regular expression, and where no benchmark is left.

    """
    matching([], patterns)  # one that is no pattern is told of before anything is imported
    progress.stage("Importing the suite with base and head")
    base, head = (discover(side.suite, side.install) for side in sides)
    for side, discovery in zip(sides, (base, head), strict=True):
        side.ids = discovery.ids
    imports = (base.seconds, head.seconds)
    if words := slow_imports(imports):
        progress.stage(words)
    found, excluded = [], set()
    for discovery in (base, head):
        asked = matching(discovery.benchmarks, patterns)
        asked = [each if timeout is None else _within(timeout, each) for each in asked]
        asked = overridden(suite, asked)
        excluded |= {each.name for each in asked if each.excluded}
        found.append({each.name: each for each in asked if not each.excluded})
    in_base, in_head = found
    broken = {
        file: error
        for file, error in head.failed.items()
        if file not in base.failed and (not patterns or any(concerns(file, each) for each in in_base.values()))
    }
    if not (in_base or in_head or broken):
        raise GateError(_nothing(suite, patterns, base.failed, excluded))
    unmeasured = {}
    one = sides[0].install.commit == sides[1].install.commit
    removed, new = ("only in base", "only in head") if one else ("removed: only in base", "new: only in head")
    for each in in_base.values():
        if each.name not in in_head:
            fails = any(concerns(file, each) for file in broken)
            unmeasured[each.name] = f"{each.file} fails with head" if fails else removed
    unmeasured |= {each.name: new for each in in_head.values() if each.name not in in_base}
    return Selection(
        [(in_base[name], benchmark) for name, benchmark in in_head.items() if name in in_base],
        unmeasured,
        broken,
        [
            *_unasked(*sides),
            *(
                f"The Python of {side} can run without a GIL, and the GIL is on once the suite is imported."
                for side, discovery in (("base", base), ("head", head))
                if discovery.gil_is_back
            ),
            *(_failing(file, error, in_both=file in head.failed) for file, error in base.failed.items()),
        ],
        len(excluded),
        imports,
    )


def concerns(failed: str, benchmark: Benchmark) -> bool:
    """Whether a file that fails, or a class of one, is why a benchmark is not found: its own, or its package's."""
    file = Path(f"{failed.partition('.py')[0]}.py")
    if file.name == "__init__.py":
        return file.parent in Path(benchmark.file).parents
    return file == Path(benchmark.file)


def slow_imports(seconds: tuple[float, float]) -> str:
    """What has to be said of imports that each process of a benchmark makes again; nothing where they are quick."""
    if max(seconds) < SLOW_IMPORT:
        return ""
    base, head = map(duration, seconds)
    times = base if base == head else f"{base} with base and {head} with head"
    return f"Importing the suite takes {times}: each process does it again, as far as its benchmark's file needs it."


def _within(timeout: float, benchmark: Benchmark) -> Benchmark:
    return replace(
        benchmark,
        timeout=min(timeout, benchmark.timeout),
        setup_cache_timeout=min(timeout, benchmark.setup_cache_timeout),
    )


def matching(benchmarks: Sequence[Benchmark], patterns: Sequence[str]) -> list[Benchmark]:
    """Those that any of the patterns is found in; all where there is none. Raises GateError for a bad pattern."""
    wanted = [_pattern(pattern) for pattern in patterns]
    return [each for each in benchmarks if not wanted or any(one.search(each.name) for one in wanted)]


def _pattern(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise GateError(f"--bench must be a regular expression, not {pattern!r}: {error}") from None


def _unasked(base: Side, head: Side) -> Iterator[str]:
    """What is installed and differs, though it is not what the run asks about."""
    asked = differing.may_differ(base.suite, head.suite)
    if words := differing.besides(base.install, head.install, asked):
        yield f"Not asked for, and different: {words}" if asked else words


def _failing(file: str, error: str, *, in_both: bool) -> str:
    where = "either side" if in_both else "base, so that what it has is new"
    return f"{file} cannot be imported with {where}: {last_line(error)}"


def _nothing(suite: Suite, patterns: Sequence[str], failed: Mapping[str, str], excluded: set[str]) -> str:
    why = f"no benchmark in {suite.benchmarks} has a name like {' or '.join(patterns)}"
    if not patterns:
        why = f"there are no benchmarks in {suite.benchmarks}"
    if excluded:
        why += f"; {len(excluded)} are excluded by the suite"
    return "\n".join([why, *(f"{file} cannot be imported:\n{error}" for file, error in failed.items())])
