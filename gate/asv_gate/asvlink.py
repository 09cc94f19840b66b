"""All that is known here of asv's internals, which change between its versions: the extra `gate` holds asv exactly.

asv prints as it goes, changes the folder and waits for ever, so what needs it runs in a process of
its own: ``python -m asv_gate.asvlink resolve|build``, with a request and an answer in JSON files.
The protocol of asv's runner, one benchmark in one process, is spoken here too.
"""

import functools
import hashlib
import importlib.util
import itertools
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from asv_gate import processes
from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError

RESOLVE_SECONDS = 600.0  # a mirror of a remote repository may have to be cloned
BUILD_SECONDS = 3600.0
DISCOVER_SECONDS = 300.0


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


@dataclass(frozen=True)
class Install:
    """A commit installed in an environment of its own: the command of its Python, and the variables it needs."""

    commit: str
    letter: str
    folder: Path
    python: Sequence[str]
    variables: Mapping[str, str]

    def environ(self, hash_seed: int) -> dict[str, str]:
        """The variables of a process in it. What the suite's config sets, also the hash seed, goes before ours."""
        path = os.pathsep.join(filter(None, (self.variables.get("PATH"), os.environ.get("PATH"))))
        ours = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
        ours.pop("PYTHONPATH", None)  # asv takes it out too
        return {**ours, **self.variables, "PATH": path}


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


def resolve(config: Path, names: Sequence[str], python: str | None) -> Suite:
    """Read the config and look up commits. Raises GateError for a name that is none, and where no Python is found."""
    if not config.is_file():
        raise GateError(f"there is no asv config at {config}; name one with --config")
    answer = _ask("resolve", {"config": config.name, "names": list(names), "python": python}, config, RESOLVE_SECONDS)
    return Suite(
        **{**answer, "root": config.parent.resolve(), "benchmarks": Path(answer["benchmarks"])},
    )


def build(config: Path, suite: Suite, commit: str, letter: str, folder: Path) -> Install:
    """Make an environment in that folder and install the commit in it, or take the one that is there."""
    ready = folder / "ready.json"
    if ready.is_file():
        kept = json.loads(ready.read_text(encoding="utf-8"))
        if Path(kept["python"][0]).exists():
            return Install(commit, letter, folder, **kept)
    request = {"config": config.name, "environment": suite.environment, "commit": commit, "folder": str(folder)}
    made = _ask("build", request, config, BUILD_SECONDS)
    write_atomic(ready, json.dumps(made))
    return Install(commit, letter, folder, **made)


def discover(suite: Suite, install: Install) -> list[Benchmark]:
    """The benchmarks that the suite has with this commit, a combination of parameters each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "benchmarks.json")
        command = [*install.python, _script(), "discover", str(suite.benchmarks), str(file)]
        ended = processes.run(command, environ=install.environ(0), cwd=Path(folder), timeout=DISCOVER_SECONDS)
        if ended.status != 0:
            raise GateError(f"the suite cannot be imported with commit {install.commit[:8]}:\n{ended.output}")
        found = json.loads(file.read_text(encoding="utf-8"))
    return [benchmark for entry in found for benchmark in _combinations(entry, suite.timeout)]


def _combinations(entry: Mapping[str, Any], timeout: float) -> list[Benchmark]:
    limit = entry.get("timeout") or timeout
    common = {
        "type": entry["type"],
        "unit": entry.get("unit", ""),
        "timeout": limit,
        "setup_cache": entry.get("setup_cache_key"),
        "setup_cache_timeout": entry.get("setup_cache_timeout") or limit,
    }
    name = entry["name"]
    if not entry["params"]:
        return [Benchmark(name, name, **common)]
    return [
        Benchmark(f"{name}({', '.join(chosen)})", f"{name}-{index}", **common)
        for index, chosen in enumerate(itertools.product(*entry["params"]))
    ]


def setup_cache_command(suite: Suite, install: Install, benchmark: Benchmark) -> list[str]:
    """It leaves ``cache.pickle`` in the folder that it runs in."""
    return [*install.python, _script(), "setup_cache", str(suite.benchmarks), benchmark.id, "{}"]


def run_command(
    suite: Suite, install: Install, benchmark: Benchmark, attributes: Mapping[str, object], result: Path
) -> list[str]:
    """It writes its result, as JSON, to that file; the attributes replace the benchmark's own."""
    params = json.dumps(dict(attributes))
    return [*install.python, _script(), "run", str(suite.benchmarks), benchmark.id, params, "None", str(result)]


def sampler_command(suite: Suite, install: Install, benchmark: Benchmark) -> list[str]:
    """It is told by lines to run the benchmark: see sampler.py, the only other file that knows asv's runner."""
    return [*install.python, str(Path(__file__).with_name("sampler.py")), str(suite.benchmarks), benchmark.id]


@functools.cache
def _script() -> str:
    spec = importlib.util.find_spec("asv")
    if spec is None or spec.origin is None:
        raise GateError("asv is not installed here: pip install 'parallel-kernels[gate]'")
    return str(Path(spec.origin).with_name("benchmark.py"))


def _ask(question: str, request: Mapping[str, object], config: Path, timeout: float) -> dict[str, Any]:
    """The answer of a process in the config's folder."""
    _script()
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "request.json"), Path(folder, "answer.json")
        asked.write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, "-m", "asv_gate.asvlink", question, str(asked), str(answered)]
        ended = processes.run(command, environ=os.environ, cwd=config.parent.resolve(), timeout=timeout)
        if answered.is_file():
            answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
            if "error" not in answer:
                return answer
            raise GateError(f"{answer['error']}\n{ended.output}" if answer["verbose"] else answer["error"])
    how = "did not end in time" if ended.status is None else f"ended with status {ended.status}"
    raise GateError(f"asv {how}:\n{ended.output}")


# From here on: what runs in the process that imports asv.


class _Refusal(Exception):
    """What the user can do something about without reading asv's output."""


def _resolve(request: Mapping[str, Any]) -> dict[str, Any]:
    from asv.repo import NoSuchNameError, get_repo

    conf = _config(request["config"])
    wanted = request["python"]
    if wanted is not None:
        conf.pythons = [wanted]
    environments = _environments(conf)
    if not environments:
        raise _Refusal(
            f"no environment can be made for Python {' or '.join(conf.pythons)}: is it on PATH? "
            "asv looks for an executable of the name python3.X"
        )
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    environments.sort(key=lambda environment: environment.python != running)  # stable: else as configured
    chosen, *others = environments
    if not chosen.can_install_project():
        raise _Refusal(f"environment {chosen.name} cannot have two commits installed: use virtualenv, uv or conda")
    repo = get_repo(conf)
    commits = {}
    for name in request["names"]:
        try:
            commits[name] = repo.get_hash_from_name(name)
        except NoSuchNameError:
            raise _Refusal(f"there is no commit {name!r} in {conf.repo}") from None
    made_from = {key: value for key, value in vars(conf).items() if key not in ("benchmark_dir", "results_dir")}
    return {
        "project": conf.project,
        "benchmarks": os.path.abspath(conf.benchmark_dir),
        "environment": chosen.name,
        "others": [environment.name for environment in others],
        "commits": commits,
        "uncommitted": _uncommitted(conf),
        "timeout": conf.default_benchmark_timeout,
        "setup_hash": hashlib.sha256(json.dumps([made_from, chosen.name], default=str).encode()).hexdigest(),
    }


def _build(request: Mapping[str, Any]) -> dict[str, Any]:
    import asv.util
    from asv.repo import get_repo

    conf = _config(request["config"])
    conf.env_dir = request["folder"]
    conf.pythons = _pythons(conf, request["environment"])
    (environment,) = (each for each in _environments(conf) if each.name == request["environment"])
    environment.create()
    environment.install_project(conf, get_repo(conf), request["commit"])

    # Every kind of environment knows how to call its Python, and tells it to this function alone.
    called: dict[str, Any] = {}

    def note(args: Sequence[str], **kwargs: Any) -> None:
        called.update(args=args, env=kwargs.get("env"))

    with mock.patch.object(asv.util, "check_output", note):
        environment.run([], env=dict(environment.env_vars))
    return {"python": list(called["args"]), "variables": dict(called["env"] or {})}


def _pythons(conf: Any, environment: str) -> list[str]:
    """Of the configured Pythons and the running one, those that can lead to this environment."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = re.findall(r"-py(\d+\.\d+t?)", environment)
    return list(dict.fromkeys(named or [*conf.pythons, running]))


def _config(name: str) -> Any:
    import asv  # noqa: F401 - it loads the plugins of asv itself
    from asv.config import Config
    from asv.plugin_manager import plugin_manager

    conf = Config.load(name)
    for plugin in conf.plugins:
        plugin_manager.import_plugin(plugin)
    return conf


def _environments(conf: Any) -> list[Any]:
    from asv.environment import get_environments

    return list(get_environments(conf, None))


def _uncommitted(conf: Any) -> bool:
    """Whether the checkout has changes that a commit does not: they are not measured."""
    from asv.util import check_output, which

    if not Path(conf.repo).is_dir():
        return False
    changed = check_output([which("git"), "status", "--porcelain", "--untracked-files=no"], cwd=conf.repo)
    return bool(changed.strip())


def _answer(question: str, asked: str, answered: str) -> None:
    from asv.console import log
    from asv.environment import EnvironmentUnavailable
    from asv.util import ProcessError, UserError

    log.enable(verbose=False)
    request = json.loads(Path(asked).read_text(encoding="utf-8"))
    answer: dict[str, Any]
    try:
        answer = {"resolve": _resolve, "build": _build}[question](request)
    except (_Refusal, EnvironmentUnavailable) as refusal:
        answer = {"error": str(refusal), "verbose": False}
    except UserError as error:
        answer = {"error": f"asv: {error}", "verbose": False}
    except ProcessError as error:
        what = f"commit {request['commit'][:8]} cannot be built" if question == "build" else "asv cannot go on"
        answer = {"error": f"{what}: {error}", "verbose": True}
    Path(answered).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    _answer(*sys.argv[1:])
