"""What the history needs to know of asv beside `asv_gate.asvlink`: ranges, environments, and files of results.

asv prints as it goes and changes the folder, so this runs in a process of its own:
``python -m asv_gate.history.asvresults plan|folder|save``, with a request and an answer in JSON files.
"""

import contextlib
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv_gate.asvchild import config, environments, serve, setup_hash
from asv_gate.history.rows import NOT_MEASURED
from asv_gate.repository import RANGE, Refusal, git


def plan(request: Mapping[str, Any]) -> dict[str, Any]:
    """The commits of a range, the environments, and what asv calls this machine.

    The commits are those that ``asv run`` would take, the oldest first; a single name is that commit alone. The parent
    is the one before the oldest.
    """
    from asv.machine import Machine
    from asv.repo import NoSuchNameError, get_repo
    from asv.util import ProcessError

    conf = config(request["config"])
    repo = get_repo(conf)
    spec = request["range"]
    try:
        hashes = repo.get_hashes_from_range(spec) if _is_range(spec) else [repo.get_hash_from_name(spec)]
    except NoSuchNameError:
        raise Refusal(f"there is no commit {spec!r} in {conf.repo}") from None
    except ProcessError:
        raise Refusal(f"RANGE must be a commit or a range of commits as git knows them, not {spec!r}") from None
    every = [_described(conf, each) for each in environments(conf, {"python": None, "specifier": None})]
    found = [each for each in every if not request["pythons"] or each["python"] in request["pythons"]]
    there = dict.fromkeys(each["python"] for each in every)
    for asked in request["pythons"]:
        if asked not in there:
            raise Refusal(
                f"--python must be one of those of the config that are here, {', '.join(there)}, not {asked!r}"
            )
    return {
        "parent": _first_parent(repo, hashes[-1]) if hashes else "",
        "results": str(Path(conf.results_dir).resolve()),
        "commits": [{"hash": name, "date": repo.get_date(name)} for name in reversed(hashes)],
        "environments": found,
        "all": every,
        "machine": {**{key: str(value) for key, value in Machine.get_defaults().items()}, "os": _system()},
    }


def _first_parent(repo: Any, commit: str) -> str:
    """The commit before it on its line; nothing where there is none, or the repository does not tell."""
    if repo.dvcs != "git":
        return ""
    return git(repo._path, "rev-parse", "--verify", "--quiet", f"{commit}^1").stdout.strip()


def _is_range(spec: str) -> bool:
    """Whether it stands for several commits, as git and Mercurial know them; HEAD^ is the name of one."""
    return bool(RANGE.search(spec)) or len(spec.split()) > 1 or spec.startswith("^")


def _system() -> str:
    """Such as Linux 6.18: with all of its release, each of its updates would be another machine."""
    return f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"


def _described(conf: Any, environment: Any) -> dict[str, Any]:
    return {
        "name": environment.name,
        "python": environment.python,
        "requirements": dict(environment.requirements),
        "env_vars": dict(environment.env_vars),
        "setup_hash": setup_hash(conf, environment),
    }


def folder(request: Mapping[str, Any]) -> dict[str, Any]:
    """Where the results are."""
    return {"results": str(Path(config(request["config"]).results_dir).resolve())}


def save(request: Mapping[str, Any]) -> dict[str, Any]:
    """Write a commit's results in one environment, the machine's file and the suite's, each whole."""
    from asv.benchmarks import Benchmarks
    from asv.machine import Machine
    from asv.results import Results
    from asv.util import UserError, truncate_float_list, write_json

    conf = config(request["config"])
    machine: dict[str, str] = request["machine"]
    environment = request["environment"]
    folder = Path(conf.results_dir)
    file = folder / machine["machine"] / "machine.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(str(file), machine, Machine.api_version)
    benchmarks = Benchmarks(conf, request["benchmarks"])
    if request["some_failed"]:  # what a file has that cannot be imported now is not gone
        with contextlib.suppress(UserError):
            before = Benchmarks.load(conf)._all_benchmarks
            benchmarks._all_benchmarks = {**before, **benchmarks._all_benchmarks}
    benchmarks.save()
    results = Results(
        {**machine, "python": environment["python"], **environment["requirements"]},
        environment["requirements"],
        request["commit"]["hash"],
        request["commit"]["date"],
        environment["python"],
        environment["name"],
        environment["env_vars"],
    )
    results.load_data(str(folder))
    # asv's own add_result computes statistics from samples of one process, which there are none of here.
    for name, row in request["results"].items():
        values, statistics = _merged(results, name, row)
        results._results[name] = values
        results._stats[name] = statistics
        results._samples[name] = None
        results._benchmark_params[name] = row["params"]
        results._started_at[name] = row["started_at"]
        results._duration[name] = truncate_float_list([row["duration"]])[0]
        results._benchmark_version[name] = row["version"]
    results.save(str(folder))
    return {"file": str(folder / results._filename)}


def _merged(results: Any, name: str, row: Mapping[str, Any]) -> tuple[Any, Any]:
    """A row's values and statistics; those of the file where a combination was not measured now."""
    values, statistics = row["result"], row["stats"]
    before = results._results.get(name)
    alike = (results._benchmark_version.get(name), results._benchmark_params.get(name)) == (
        row["version"],
        row["params"],
    )
    if values is None or statistics is None or not alike or name not in results._results:
        return values, statistics
    old = results._stats.get(name) or [None] * len(values)
    for i, each in enumerate(statistics):
        if each == NOT_MEASURED:
            values[i], statistics[i] = None if before is None else before[i], old[i]
    return values, statistics


if __name__ == "__main__":
    serve({"plan": plan, "folder": folder, "save": save}, *sys.argv[1:])
