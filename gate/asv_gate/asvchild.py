"""What runs in the process that imports asv: ``python -m asv_gate.asvchild resolve|build REQUEST ANSWER``.

asv prints as it goes, changes the folder and waits for ever, so `asv_gate.asvlink` asks it here.
Request and answer are files of JSON.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import sysconfig
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from asv_gate import repository
from asv_gate.atomic import write_atomic
from asv_gate.describe import plain
from asv_gate.discover import UNWRITABLE
from asv_gate.repository import Refusal

# What environments are made from, and commits are built with, is all of the config but this.
NOT_BUILT_FROM = {
    *("benchmark_dir", "branches", "default_benchmark_timeout", "env_dir", "hash_length", "html_dir", "launch_method"),
    *("project_url", "regressions_first_commits", "regressions_thresholds", "results_dir", "show_commit_url"),
    *("exclude", "include", "matrix", "pythons"),  # but what they say of the chosen environment
    "asv_gate",
}
KINDS = {
    str: "repo repo_subdir project benchmark_dir environment_type dvcs",
    list: "branches pythons plugins exclude include",
    dict: "matrix",
}
NAMES = {str: "a string", list: "a list", dict: "an object"}
NOT_THE_ENVIRONMENTS = ("LC_CTYPE", "PWD", "OLDPWD", "SHLVL", "_", "__CF_USER_TEXT_ENCODING")


def resolve(request: Mapping[str, Any]) -> dict[str, Any]:
    from asv.repo import get_repo

    conf = config(request["config"])
    with _warnings() as said:
        chosen, *others = environments(conf, request)
    _require_python(chosen)
    found = repository.find(get_repo(conf), conf.repo, request["names"])
    return {
        "project": conf.project,
        "benchmarks": os.path.abspath(conf.benchmark_dir),
        "environment": chosen.name,
        "others": [environment.name for environment in others],
        "commits": found.commits,
        "uncommitted": found.uncommitted,
        "notes": [*found.notes, *(f"asv: {words}" for words in said)],
        "timeout": conf.default_benchmark_timeout,
        "overrides": getattr(conf, "asv_gate", {}),
        "setup_hash": setup_hash(conf, chosen),
        "requirements": {**_given(chosen), **chosen.requirements},
        "variables": dict(chosen.env_vars),
    }


def build(request: Mapping[str, Any]) -> dict[str, Any]:
    from asv.repo import get_repo

    conf = config(request["config"])
    conf.env_dir = request["folder"]
    (environment,) = (each for each in environments(conf, request) if each.name == request["environment"])
    repo = get_repo(conf)
    if repo.dvcs == "git":
        repository.complete(repo, request["commit"])
    _create(environment)
    environment.install_project(conf, repo, request["commit"])
    return _described(environment)


def _described(environment: Any) -> dict[str, Any]:
    """The command of the environment's Python, the variables that it needs, and what is installed.

    asv's `Environment` runs its Python, and returns what was printed: it has no method that returns
    the command and its variables. So the Python itself is asked how it was started.
    """
    given = {**os.environ, **environment.env_vars}
    with tempfile.TemporaryDirectory() as folder:
        answer = os.path.join(folder, "answer.json")
        environment.run([str(Path(__file__).with_name("describe.py")), answer], env=given)
        told = json.loads(Path(answer).read_text(encoding="utf-8"))
    variables = {
        name: value
        for name, value in told["variables"].items()
        if name not in NOT_THE_ENVIRONMENTS and (os.environ.get(name) != value or name in environment.env_vars)
    }
    if "PATH" in variables:  # the rest of it is for the caller of the day to say
        variables["PATH"] = variables["PATH"].removesuffix(os.environ.get("PATH", "")).rstrip(os.pathsep)
    return {"python": told["command"], "variables": variables, "packages": told["packages"]}


def environments(conf: Any, request: Mapping[str, Any]) -> list[Any]:
    """Those that are asked for, that of the running Python first. Raises Refusal where there is none."""
    from asv.environment import get_environments

    if request["python"] is not None:
        conf.pythons = [request["python"]]
    with _warnings() as said:
        found = list(get_environments(conf, [request["specifier"]] if request["specifier"] else None))
    asked = request["specifier"] or f"Python {' or '.join(map(str, conf.pythons))}"
    if not found:
        raise Refusal(f"no environment can be made for {asked}: {_why_none(conf, request, said)}")
    held = [environment for environment in found if environment.can_install_project()]
    if not held:
        raise Refusal(
            f"environment {found[0].name} has one version of the project, and two commits must be installed: "
            "choose virtualenv, uv, conda or rattler with --environment"
        )
    first: dict[str, Any] = {}  # those that differ in nothing but what is asked are one
    for environment in (_as_asked(conf, each, request) for each in held):
        first.setdefault(environment.name, environment)
    running = running_python()
    return sorted(first.values(), key=lambda environment: environment.python != running)  # stable: else as configured


def _as_asked(conf: Any, environment: Any, request: Mapping[str, Any]) -> Any:
    """The environment with the versions and variables that are to take the place of its own."""
    requirements, variables = request.get("asked_requirements") or {}, request.get("asked_variables") or {}
    if not requirements and not variables:
        return environment
    own = {**_given(environment), **environment.requirements}
    spelled = {_plain(name): name for name in (*getattr(environment, "_base_requirements", {}), *own)}
    own |= {spelled.get(_plain(name), name): version for name, version in requirements.items()}
    tagged = dict(environment._tagged_env_vars)
    for name, value in variables.items():
        tagged.pop(("nobuild", name), None)
        tagged["build", name] = value
    return type(environment)(conf, environment.python, own, tagged)


def _given(environment: Any) -> dict[str, str]:
    """Of what asv installs for itself, the versions that the config gives."""
    return {name: version for name, version in getattr(environment, "_base_requirements", {}).items() if version}


def _plain(name: str) -> str:
    return plain(name.removeprefix("pip+"))


def _create(environment: Any) -> None:
    """Make the environment. Raises Refusal where a requirement cannot be installed, with pip's own reason."""
    from asv.util import ProcessError

    try:
        environment.create()
    except ProcessError as error:
        said = [line.strip() for line in f"{error.stdout}\n{error.stderr}".splitlines()]
        errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
        why = errors[-1] if errors else next((line for line in reversed(said) if line), str(error))
        raise Refusal(f"environment {environment.name} cannot be made: {why}") from None


def running_python() -> str:
    """The name that asv has for the Python that runs this, such as 3.13, or 3.13t where it is free-threaded."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return f"{sys.version_info.major}.{sys.version_info.minor}{'t' if free_threaded else ''}"


def _why_none(conf: Any, request: Mapping[str, Any], said: Sequence[str]) -> str:
    kind = str(request["specifier"] or conf.environment_type).partition(":")[0]
    plugin = f"asv.plugins.{kind}"
    if kind.isidentifier() and importlib.util.find_spec(plugin) is not None:
        try:
            importlib.import_module(plugin)
        except ImportError as error:
            return f"environment type {kind!r} needs a package that is not installed ({error})"
    if not said:
        return "matrix and exclude in the config leave none"
    return "; ".join(dict.fromkeys(said)).strip().rstrip(".")


def _require_python(environment: Any) -> None:
    """Raise Refusal where the Python to make a virtual environment with is there but does not run, as a shim may be."""
    executable = getattr(environment, "_executable", None)
    if executable is None:
        return
    try:
        tried = subprocess.run([executable, "-c", ""], capture_output=True, text=True, errors="replace", check=False)
        if tried.returncode == 0:
            return
        why = repository.reason(tried.stderr)
    except OSError as error:
        why = str(error)
    raise Refusal(f"Python {environment.python} is {executable}, which does not run: {why}")


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """What asv warns of within the block."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage().strip())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield said
    finally:
        logging.getLogger().removeHandler(handler)


def config(name: str) -> Any:
    """The config with its plugins loaded. Raises Refusal for what asv would stumble over later."""
    import asv  # noqa: F401 - it loads the plugins of asv itself
    from asv.config import Config
    from asv.plugin_manager import plugin_manager
    from asv.util import load_json

    try:
        written = load_json(name, js_comments=True)
    except ValueError as error:  # of JSON, or of UTF-8
        raise Refusal(f"{name} is not valid: {str(error).replace('<string>:', 'line ')}") from None
    if not isinstance(written, dict):
        raise Refusal(f"{name} must be an object, in braces")
    for kind, keys in KINDS.items():
        for key in keys.split():
            if written.get(key) is not None and not isinstance(written[key], kind):
                raise Refusal(f"{key} in {name} must be {NAMES[kind]}, not {json.dumps(written[key])}")
    conf = Config.load(name)
    if not os.path.isdir(conf.benchmark_dir):
        raise Refusal(f"benchmark_dir in {name} is {conf.benchmark_dir!r}, and there is no such folder")
    for plugin in conf.plugins:
        try:
            plugin_manager.import_plugin(plugin)
        except Exception as error:
            raise Refusal(f"plugin {plugin!r} in {name} cannot be loaded: {error}") from error
    return conf


def setup_hash(conf: Any, environment: Any) -> str:
    """Of all that the environment is made from, and commits are built with."""
    made_from = {key: value for key, value in vars(conf).items() if key not in NOT_BUILT_FROM}
    file = Path(conf.conda_environment_file or "environment.yml")
    words = [
        made_from,
        environment.name,
        environment.requirements,
        environment.env_vars,
        environment.build_env_vars,
        getattr(environment, "_base_requirements", {}),  # of pyproject.toml in the working tree
        file.read_text(encoding="utf-8") if file.is_file() else "",
    ]
    return hashlib.sha256(json.dumps(words, default=str, sort_keys=True).encode()).hexdigest()


def serve(questions: Mapping[str, Callable[[Any], Any]], question: str, asked: str, answered: str) -> None:
    """Answer one of the questions: from the file of a request to that of the answer, or of what is wrong."""
    from asv.console import log
    from asv.environment import EnvironmentUnavailable
    from asv.util import ProcessError, UserError

    log.enable(verbose=False)
    request = json.loads(Path(asked).read_text(encoding="utf-8"))
    answer: dict[str, Any]
    try:
        answer = questions[question](request)
    except (Refusal, EnvironmentUnavailable) as refusal:
        answer = {"error": str(refusal)}
    except ProcessError as error:
        program = os.path.basename(error.args[0])
        if program == "git":
            answer = {"error": f"git {error.args[1]}: {repository.reason(error.stderr)}"}
        else:
            what = "asv cannot go on"
            if question == "build":
                what = f"commit {request['commit'][:8]} cannot be built in {request['environment']}"
            answer = {"error": f"{what}: {error}", "verbose": True}
    except (UserError, OSError) as error:
        answer = {"error": f"asv: {error}"}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": f"asv: {type(error).__name__}: {error}"}
    try:
        write_atomic(Path(answered), json.dumps(answer))
    except OSError:
        sys.exit(UNWRITABLE)


if __name__ == "__main__":
    serve({"resolve": resolve, "build": build}, *sys.argv[1:])
