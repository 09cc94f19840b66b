"""Measuring commits on one Python with asv, and reading from its results what failed.

The only module of the tools that uses asv's internals, which change between its versions:
pyproject.toml holds asv exactly. (The gate and the Scaling page, which are distributions of their
own, have a module for it each: ``asv_gate.asvlink`` and ``asv_scaling.publisher``.)
"""

import contextlib
import itertools
import math
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv.commands.publish import Publish
from asv.commands.run import Run
from asv.config import Config
from asv.console import log
from asv.environment import get_environments, iter_matrix
from asv.machine import Machine, MachineCollection
from asv.plugin_manager import plugin_manager
from asv.repo import NoSuchNameError, get_repo
from asv.results import Results, get_filename
from asv.util import TIMEOUT_RETCODE, ProcessError, UserError, check_output, which

from tools.pythons import Interpreter


class Failed(Exception):
    """What could not be done, and why, in one line."""


@contextlib.contextmanager
def in_one_line() -> Iterator[None]:
    """Raise Failed for what asv raises, with the cause where a command that asv ran has told it.

    Raises KeyboardInterrupt where asv was interrupted.
    """
    try:
        yield
    except UserError as error:
        if str(error) == "Interrupted.":
            raise KeyboardInterrupt from error
        raise Failed(" ".join(str(error).split())) from error
    except ProcessError as error:
        raise Failed(cause(error)) from error


def cause(error: ProcessError) -> str:
    """The command that failed, and the line of its output that says why, as git and pip mark it."""
    command = " ".join(map(str, error.args))
    if error.retcode == TIMEOUT_RETCODE:
        return f"{command!r} did not end in time"
    said = [line.strip() for text in (error.stderr, error.stdout) for line in (text or "").splitlines() if line.strip()]
    marked = [line for line in said if line.lower().startswith(("fatal:", "error:"))]
    return f"{command!r} ended with status {error.retcode}: {(marked or said[-1:] or ['it printed nothing'])[0]}"


@dataclass(frozen=True)
class Outcome:
    """What came of one Python, in words; whether it has results, and what failed."""

    words: str
    measured: bool = False
    failed: Sequence[str] = ()


class Suite:
    """The suite in the current folder, on this machine. Its methods raise Failed."""

    @in_one_line()
    def __init__(self, machine: str = "") -> None:
        self.conf = load_config("asv.conf.json")
        for plugin in self.conf.plugins:  # as asv's own command line does, which is not used here
            plugin_manager.import_plugin(plugin)
        self.pythons: list[str] = self.conf.pythons
        self.report = Path(self.conf.html_dir, "index.html")
        for folder in (self.conf.results_dir, self.conf.env_dir, self.conf.html_dir):
            require_room(Path(folder))
        self._machine = machine_name(machine)
        self._repo = get_repo(self.conf)

    @in_one_line()
    def commits(self, spec: str = "") -> list[str]:
        """The commits that are meant, as ``git rev-list`` takes them; HEAD alone where nothing is said."""
        words = spec.split() or ["--max-count=1", "HEAD"]
        listed: str = check_output([which("git"), "rev-list", "--first-parent", *words, "--"], display_error=False)
        if not listed:
            raise Failed(f"there are no commits in {spec}")
        return listed.split()

    @in_one_line()
    def uncommitted(self) -> bool:
        """Whether kernels differs from the commit of which asv builds its wheel."""
        return bool(check_output([which("git"), "status", "--porcelain", "--", "kernels", "pyproject.toml"]))

    def measure(self, name: str, python: Interpreter, commits: Sequence[str], cpus: int) -> Outcome:
        """Run what has no results yet on the Python of that name. Raises KeyboardInterrupt after Ctrl-C."""
        self.conf.pythons = [name]
        log.enable(verbose=False)
        log.set_nitems(0)  # asv's progress counts from 0 % for each of them
        try:
            with environ_of(python.folder(name)):
                return self._measure(commits, cpus)
        except Failed as error:
            return Outcome("could not be measured", failed=[str(error)])

    @in_one_line()
    def _measure(self, commits: Sequence[str], cpus: int) -> Outcome:
        (environment,) = get_environments(self.conf, None)
        names = [get_filename(self._machine, commit, environment.name) for commit in commits]
        files = [Path(self.conf.results_dir, name) for name in names]
        before = [_written(file) for file in files]
        ran: dict[str, Any] = {}
        Run.run(
            self.conf,
            range_spec=list(commits),
            bench=[worth_running(cpus)],
            machine=self._machine,
            skip_successful=True,
            pull=False,
            _returns=ran,
        )
        new = sum(_written(file) != then for file, then in zip(files, before, strict=True))
        failed = [
            f"{failure} at {commit[:8]}"
            for commit, file in zip(commits, files, strict=True)
            for failure in failures(file, ran["benchmarks"])
        ]
        old = len(files) - new
        words = (
            "measured before" if not new else f"measured, {old} of {len(files)} commits before" if old else "measured"
        )
        return Outcome(words, True, failed)

    @in_one_line()
    def publish(self, commits: Sequence[str]) -> None:
        """Make the report, with a line for HEAD where these commits are on none of the configured branches."""
        branches = [branch for branch in self.conf.branches if self._exists(branch)]
        drawn = {commit for branch in branches for commit in self._repo.get_branch_commits(branch)}
        self.conf.branches = branches if drawn.issuperset(commits) else [*branches, "HEAD"]
        Publish.run(self.conf, pull=False)

    def _exists(self, branch: str) -> bool:
        try:
            self._repo.get_hash_from_name(branch)
        except NoSuchNameError:
            return False
        return True


def requirements(python: str, config: str = "asv.conf.json") -> dict[str, str]:
    """The packages that the suite is measured with on a Python of that name, each with its version.

    Raises Failed where asv.conf.json has no set for it, or several.
    """
    conf = load_config(config)
    sets = list(iter_matrix("virtualenv", [python], conf))
    if python not in conf.pythons or len(sets) != 1:
        raise Failed(f"{config} must have one set of requirements for Python {python}, not {len(sets)}")
    return {name: version for (kind, name), version in sets[0].items() if kind == "req"}


def load_config(file: str) -> Any:
    """The suite's configuration. Raises Failed."""
    try:
        return Config.load(file)
    except ValueError as error:
        raise Failed(f"{file} cannot be read: {error}") from error


@contextlib.contextmanager
def environ_of(folder: Path) -> Iterator[None]:
    """What asv and all that it starts find in the environment: the Python in that folder, as it is by itself.

    It may keep bytecode: without it, a Python whose library came without bytecode starts several
    times as slowly. And nobody switches a free-threaded build's GIL on, or off against an extension's
    wish: neither is what the results are named after.
    """
    before = dict(os.environ)
    os.environ["PATH"] = os.pathsep.join((str(folder), before["PATH"]))  # asv looks there for python3.X
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHON_GIL"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.update(before)


def require_room(folder: Path) -> None:
    """Make a folder, if there is none, and see to it that files can be written there. Raises Failed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Failed(f"{folder} cannot be written to: {error.strerror}") from error


def machine_name(wanted: str = "") -> str:
    """The name of this machine in the results. Where asv does not know it yet, and would ask, it is told."""
    name: str = wanted or Machine.get_unique_machine_name()
    try:
        return str(MachineCollection.load(name)["machine"])
    except UserError:
        facts = {**Machine.get_defaults(), "machine": name, "os": system()}
    try:
        MachineCollection.save(name, facts)
    except OSError as error:
        file = MachineCollection.get_machine_file_path()
        raise Failed(
            f"{file}, where asv keeps the names of machines, cannot be written: {error.strerror}; "
            "set HOME to a folder that can be"
        ) from error
    return name


def system() -> str:
    """The operating system, such as Linux 6.18: with all of its release, each of its updates began a new history."""
    return f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"


def worth_running(cpus: int) -> str:
    """The expression by which asv selects the benchmarks that would not skip themselves for want of CPUs.

    Each that does costs a process, and there are more of them than of the others. The number of
    workers is the last parameter, and no other last one is a number; serial has one worker.
    """
    allowed = "|".join(map(str, range(1, cpus + 1)))
    return rf"^(?!.*[( ](?!({allowed})\))\d+\)$)(?!.*\('serial', (?!1\)))"


def failures(file: Path, benchmarks: Any) -> list[str]:
    """The benchmarks that failed, with their parameters unless they failed for all of those.

    asv writes None for a failure, and NaN for a skip.
    """
    results = Results.load(str(file))
    failed: list[str] = []
    for name in sorted(results.get_result_keys(benchmarks)):
        params = benchmarks[name]["params"]
        values = zip(itertools.product(*params), results.get_result_value(name, params), strict=True)
        tried = [(chosen, value) for chosen, value in values if value is None or not math.isnan(value)]
        wrong = [f"{name}({', '.join(chosen)})" for chosen, value in tried if value is None]
        failed += wrong if len(wrong) < len(tried) else [name] * bool(wrong)
    return failed if failed != sorted(benchmarks) else ["every benchmark"]


def _written(file: Path) -> float | None:
    """When the file was written, or None where there is none."""
    return file.stat().st_mtime if file.exists() else None
