"""Measuring commits on one Python in pairs with this machine's reference, and publishing what came of it.

The only module of the tools that uses asv's internals, which change between its versions:
pyproject.toml holds asv exactly. (The gate and the Scaling page, which are distributions of their
own, have a module for it each: ``asv_gate.asvlink`` and ``asv_scaling.publisher``.)
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv.commands.publish import Publish
from asv.config import Config
from asv.console import log
from asv.environment import iter_matrix
from asv.plugin_manager import plugin_manager
from asv.repo import NoSuchNameError, get_repo
from asv.util import TIMEOUT_RETCODE, ProcessError, UserError, check_output, which

from asv_gate.errors import GateError
from asv_gate.history import measuring
from asv_gate.history.request import HistoryRequest
from asv_gate.processes import guarded
from asv_gate.progress import ConsoleProgress
from tools.pythons import Interpreter

CONFIG = Path("asv.conf.json")
BUILT_FROM = ("kernels", "pyproject.toml", "MANIFEST.in")  # the wheel that is measured
CORE = ("serial", "threaded", "pool", "shared")  # the strategies that every workload has
WAITING = (*CORE, "asyncio")  # those of a workload that waits, whose benchmarks have one worker and eight
CORE_SECONDS = 240.0  # of pairs: with what is built and imported, at most five minutes a Python
ALL_SECONDS = 3600.0


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
    """What came of a commit on one Python, in words; whether it has results, and whether any of it failed."""

    words: str
    measured: bool = False
    failed: bool = False


class Suite:
    """The suite in the current folder, on this machine. Its methods raise Failed."""

    @in_one_line()
    def __init__(self, machine: str = "") -> None:
        self.conf = load_config(str(CONFIG))
        for plugin in self.conf.plugins:  # as asv's own command line does, which is not used here
            plugin_manager.import_plugin(plugin)
        self.pythons: list[str] = self.conf.pythons
        self.report = Path(self.conf.html_dir, "index.html")
        for folder in (self.conf.results_dir, self.conf.html_dir):
            require_room(Path(folder))
        self._machine = machine
        self._repo = get_repo(self.conf)

    @in_one_line()
    def commits(self, spec: str = "") -> list[str]:
        """The commits that are meant, as ``git rev-list`` takes them; HEAD alone where nothing is said.

        Of several, those with which the package changed, since the others would be found to have the same one;
        the newest alone where it changed with none.
        """
        words = spec.split() or ["--max-count=1", "HEAD"]
        if not (found := self._listed(*words, "--")):
            raise Failed(f"there are no commits in {spec}")
        if len(found) == 1 or "--" in words:
            return found
        return self._listed(*words, "--", *BUILT_FROM) or found[:1]

    def _listed(self, *words: str) -> list[str]:
        listed: str = check_output([which("git"), "rev-list", "--first-parent", *words], display_error=False)
        return listed.split()

    @in_one_line()
    def uncommitted(self) -> bool:
        """Whether kernels differs from the commit of which asv builds its wheel."""
        return bool(check_output([which("git"), "status", "--porcelain", "--", *BUILT_FROM]))

    def measure(self, name: str, commit: str, cpus: int, everything: bool, budget: float | None = None) -> Outcome:
        """Measure what has no results yet of a commit on the Python of that name, which is on PATH.

        The budget is of the pairs, in seconds; by default what suits the core or everything.

        Raises KeyboardInterrupt after Ctrl-C: every pair is kept, and the next call goes on from there.
        """
        request = HistoryRequest(
            commits=commit,
            config=CONFIG,
            pythons=[name],
            bench=[worth_running(cpus) if everything else core(cpus)],
            machine=self._machine or None,
            budget=budget or (ALL_SECONDS if everything else CORE_SECONDS),
        )
        try:
            with guarded(), ConsoleProgress() as progress:
                (came,) = measuring.run(request, progress)
        except GateError as error:
            return Outcome(f"{commit[:8]} could not be measured: {error}", failed=True)
        words = [f"{commit[:8]} {came.words}"]
        wrong = {**came.failed, **came.missing}
        if came.measured and wrong:
            words += [f"{len(wrong)} failed", *(f"{each}: {why}" for each, why in wrong.items())]
        return Outcome("\n".join(words), came.measured, bool(wrong))

    @in_one_line()
    def publish(self, commits: Sequence[str]) -> None:
        """Make the report, with a line for HEAD where these commits are on none of the configured branches."""
        log.enable(verbose=False)
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
def environ_of(pythons: Mapping[str, Interpreter]) -> Iterator[None]:
    """What asv and all that it starts find in the environment: these Pythons, each as it is by itself.

    All of them, since the reference may be of another one than what is measured. They may keep bytecode:
    without it, a Python whose library came without bytecode starts several times as slowly. And nobody
    switches a free-threaded build's GIL on, or off against an extension's wish: neither is what the results
    are named after.
    """
    before = dict(os.environ)
    folders = dict.fromkeys(str(python.folder(name)) for name, python in pythons.items())
    os.environ["PATH"] = os.pathsep.join((*folders, before["PATH"]))  # asv looks there for python3.X
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


def worth_running(cpus: int) -> str:
    """The expression by which asv selects the benchmarks that would not skip themselves for want of CPUs.

    Each that does costs a process, and there are more of them than of the others. The number of
    workers is the last parameter, and no other last one is a number; serial has one worker.
    Those of the topic `engines` are left out too: the environments of asv.conf.json have no engines.
    """
    allowed = "|".join(map(str, range(1, cpus + 1)))
    return rf"^(?!engines\.)(?!.*[( ](?!({allowed})\))\d+\)$)(?!.*\('serial', (?!1\)))"


def core(cpus: int) -> str:
    """The expression for the core of the suite: each workload, serial and with each main strategy.

    Of these there are two workers, and eight where they wait: there the number of workers comes first.
    """
    serial, *others = CORE
    workers = min(2, cpus)
    chosen = [f"'{serial}', 1", *(f"'{strategy}', {workers}" for strategy in others)]
    chosen += [f"1, '{serial}'", *(f"8, '{strategy}'" for strategy in WAITING[1:])]
    return rf"^(?!engines\.).*\.time_run\(({'|'.join(chosen)})\)$"
