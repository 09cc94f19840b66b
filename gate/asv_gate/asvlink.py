"""What asv knows and does, asked of a process of its own; and the protocol of asv's runner.

With `asv_gate.asvchild`, which is that process, and `asv_gate.repository` this is all that is known here
of asv's internals. They change between its versions, so asv-gate requires one exactly.
"""

import contextlib
import functools
import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv_gate import environ, processes
from asv_gate.atomic import write_atomic
from asv_gate.discover import UNWRITABLE
from asv_gate.errors import GateError, no_room

RESOLVE_SECONDS = 600.0  # a mirror of a remote repository may have to be cloned
BUILD_SECONDS = 3600.0
PADDING = "ASV_GATE_PADDING"
MOST_PADDING = 8192  # bytes, so that what comes after may begin anywhere in a page, with more pages before it or fewer
READY = "ready.json"  # in an environment's folder, once it is made


@dataclass(frozen=True)
class Suite:
    """What asv.conf.json says, as far as it matters here; the paths are absolute."""

    project: str
    root: Path
    benchmarks: Path
    environment: str
    others: Sequence[str]  # the environments that are not measured in
    commits: Mapping[str, str]
    uncommitted: bool
    timeout: float
    setup_hash: str  # of all that environments are made from
    notes: Sequence[str] = ()  # what was said of the repository and of the environments
    specifier: str | None = None  # by which the environment was chosen, and
    python: str | None = None  # one of the config's Pythons
    overrides: Any = field(default_factory=dict)  # what "asv_gate" in it says of single benchmarks
    requirements: Mapping[str, str] = field(default_factory=dict)  # of the environment, by name their versions
    variables: Mapping[str, str] = field(default_factory=dict)  # that the environment sets
    asked_requirements: Mapping[str, str] = field(default_factory=dict)  # of these, what the config does not say, and
    asked_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Install:
    """A commit installed in an environment of its own: the command of its Python, and the variables it needs."""

    commit: str
    letter: str
    folder: Path
    python: Sequence[str]
    variables: Mapping[str, str]
    packages: Mapping[str, str] = field(default_factory=dict)  # the versions of what is installed beside the project
    made: float = 0.0  # when, in seconds since the epoch

    def environ(self, seed: int) -> dict[str, str]:
        """The variables of a process in it. What the suite's config sets, also the hash seed, goes before ours.

        One of ours is as long as the seed says. Python keeps it in memory before all else, so that what a benchmark
        allocates lies elsewhere in each pair: a build would else be faster than another of the same code, in all
        pairs, since its memory happens to lie well (Mytkowicz et al. 2009, "Producing wrong data without doing
        anything obviously wrong!").
        """
        path = os.pathsep.join(filter(None, (self.variables.get("PATH"), os.environ.get("PATH"))))
        ours = {"PYTHONHASHSEED": str(seed), PADDING: "x" * (seed % MOST_PADDING)}
        return {**environ.inherited(), **ours, **self.variables, "PATH": path}


@dataclass(frozen=True)
class Benchmark:
    """One benchmark with one combination of its parameters."""

    name: str  # as asv shows it: topic.Class.time_it('pool', 2)
    id: str  # as asv's runner takes it: topic.Class.time_it-7
    type: str
    unit: str
    timeout: float
    setup_cache: str | None
    setup_cache_timeout: float
    file: str = ""  # of the suite, that has it
    said: Any = field(default_factory=dict)  # its attribute asv_gate: see overrides.py, which the rest comes from
    threshold: float | None = None
    excluded: bool = False
    larger_is_better: bool = False
    cold: bool = False


def require_config(config: Path) -> None:
    """Raise GateError where there is no such file."""
    if not config.is_file():
        raise GateError(f"there is no asv config at {config}; name one with --config")


def resolve(
    config: Path,
    names: Sequence[str],
    python: str | None = None,
    specifier: str | None = None,
    *,
    requirements: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Suite:
    """Read the config, choose an environment, and look up commits.

    Parameters
    ----------
    config
        The suite's asv.conf.json.
    names
        Of commits, as git or Mercurial know them; each of one commit.
    python
        One of the config's Pythons, such as ``"3.13"``; by default the one that runs asv-gate.
    specifier
        An environment as asv takes it: ``"conda"``, ``"virtualenv:3.12"``, or the name of one.
    requirements, variables
        The versions of packages, and the values of variables, that are to take the place of the environment's own.

    Raises
    ------
    GateError
        For a name that is no commit's, and where no environment can be made.

    """
    require_config(config)
    chosen = {
        "python": python,
        "specifier": specifier,
        "asked_requirements": dict(requirements or {}),
        "asked_variables": dict(variables or {}),
    }
    answer = ask("resolve", {"config": config.name, "names": list(names), **chosen}, config, RESOLVE_SECONDS)
    return Suite(
        **{**answer, "root": config.parent.resolve(), "benchmarks": Path(answer["benchmarks"]), **chosen},
    )


def build(config: Path, suite: Suite, commit: str, letter: str, folder: Path) -> Install:
    """Make an environment in that folder and install the commit in it, or take the one that is there."""
    ready = folder / READY
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError):  # what cannot be read is made again
        kept = json.loads(ready.read_text(encoding="utf-8"))
        python = Path(kept["python"][0])
        if python.exists() and kept.pop("folder") == str(folder):  # it may have been restored in another place
            return Install(commit, letter, folder, **kept)
    if ready.exists():
        shutil.rmtree(folder)
        folder.mkdir()
    request = {
        "config": config.name,
        "environment": suite.environment,
        "specifier": suite.specifier,
        "python": suite.python,
        "asked_requirements": suite.asked_requirements,
        "asked_variables": suite.asked_variables,
        "commit": commit,
        "folder": str(folder),
    }
    made = {**ask("build", request, config, BUILD_SECONDS), "made": time.time()}
    write_atomic(ready, json.dumps({**made, "folder": str(folder)}))
    return Install(commit, letter, folder, **made)


def setup_cache_command(suite: Suite, install: Install, benchmark: Benchmark) -> list[str]:
    """It leaves ``cache.pickle`` in the folder that it runs in."""
    return [*install.python, _script(), "setup_cache", str(suite.benchmarks), benchmark.id, "{}"]


def run_command(
    suite: Suite, install: Install, benchmark: Benchmark, attributes: Mapping[str, object], result: Path
) -> list[str]:
    """It writes its result, as JSON, to that file; the attributes replace the benchmark's own, but for a `track_`."""
    if benchmark.type == "track":
        script = str(Path(__file__).with_name("tracked.py"))
        return [*install.python, script, str(suite.benchmarks), benchmark.id, str(result)]
    params = json.dumps(dict(attributes))
    return [*install.python, _script(), "run", str(suite.benchmarks), benchmark.id, params, "None", str(result)]


def sampler_command(suite: Suite, install: Install, benchmark: Benchmark) -> list[str]:
    """It is told by lines to run the benchmark: see sampler.py, the only other file that knows asv's runner."""
    return [*install.python, str(Path(__file__).with_name("sampler.py")), str(suite.benchmarks), benchmark.id]


@functools.cache
def _script() -> str:
    spec = importlib.util.find_spec("asv")
    if spec is None or spec.origin is None:
        raise GateError("asv is not installed; pip install asv-gate brings all it needs")
    return str(Path(spec.origin).with_name("benchmark.py"))


def ask(
    question: str, request: Mapping[str, object], config: Path, timeout: float, module: str = "asv_gate.asvchild"
) -> dict[str, Any]:
    """The answer of a process in the config's folder that runs the module, and may import asv."""
    _script()
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "request.json"), Path(folder, "answer.json")
        asked.write_text(json.dumps(request), encoding="utf-8")
        command = processes.ours(module, question, str(asked), str(answered))
        ended = processes.run(command, environ=environ.inherited(), cwd=config.parent.resolve(), timeout=timeout)
        if answered.is_file():
            answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
            if "error" not in answer:
                return answer
            raise GateError(f"{answer['error']}\n{ended.output}" if "verbose" in answer else answer["error"])
    if ended.status == UNWRITABLE:
        raise no_room()
    how = "did not end in time" if ended.status is None else f"ended with status {ended.status}"
    raise GateError(f"asv {how}:\n{ended.output}")
