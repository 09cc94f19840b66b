"""Which benchmarks a suite has with a commit, and which of its files fail with it."""

import itertools
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_gate import processes
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.discover import UNWRITABLE
from asv_gate.errors import GateError, no_room

SECONDS = 300.0  # that the imports of a suite may take
LONGEST = 1e6  # seconds of a time-out: more is as good as none


@dataclass(frozen=True)
class Discovery:
    """The benchmarks, a combination of parameters each, and by file or class how that fails."""

    benchmarks: Sequence[Benchmark]
    failed: Mapping[str, str]
    entries: Sequence[Mapping[str, Any]] = ()  # the benchmarks as asv's discovery has them
    gil_is_back: bool = False  # a free-threaded Python has one, once the suite is imported
    seconds: float = 0.0  # of all imports

    @property
    def ids(self) -> dict[str, str]:
        """Asv's ids of the benchmarks, by name."""
        return {each.name: each.id for each in self.benchmarks}


def discover(suite: Suite, install: Install) -> Discovery:
    """Import the suite with this commit, file by file: one that fails, or ends the process, does not hide the others.

    Raises
    ------
    GateError
        Where the suite cannot be imported at all.

    """
    failed: dict[str, str] = {}
    left_out: list[str] = []
    while True:
        lines, ended = _discovered(suite, install, left_out)
        if lines and "done" in lines[-1]:
            break
        if ended.status == UNWRITABLE:
            raise no_room()
        importing = [line["importing"] for line in lines if "importing" in line]
        if not importing:
            raise GateError(
                f"the suite cannot be imported in {suite.environment} with commit {install.commit[:8]}:\n{ended.output}"
            )
        left_out.append(importing[-1])
        how = f"takes more than {SECONDS:g} s" if ended.status is None else f"ends Python with status {ended.status}"
        failed[file_of(suite, importing[-1])] = f"importing it {how}\n{ended.output}".strip()
    for line in lines:
        if "failed" in line:
            failed[" ".join(filter(None, (file_of(suite, line["module"]), line["failed"])))] = line["error"].strip()
    found = [(file_of(suite, line["module"]), line["benchmark"]) for line in lines if "benchmark" in line]
    benchmarks = [each for file, entry in found for each in _combinations(file, entry, suite.timeout)]
    last = lines[-1]
    return Discovery(benchmarks, failed, [entry for _, entry in found], last["gil_is_back"], last["seconds"])


def file_of(suite: Suite, module: str) -> str:
    """The file of one of the suite's modules, beside asv.conf.json."""
    path = suite.benchmarks.parent.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")
    return str(path.relative_to(suite.root) if path.is_relative_to(suite.root) else path)


def _discovered(suite: Suite, install: Install, left_out: Sequence[str]) -> tuple[list[Any], processes.Ended]:
    script = str(Path(__file__).with_name("discover.py"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "benchmarks.jsonl")
        command = [*install.python, script, str(suite.benchmarks), str(file), *left_out]
        ended = processes.run(command, environ=install.environ(0), cwd=Path(folder), timeout=SECONDS)
        text = file.read_text(encoding="ascii") if file.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")], ended


def _combinations(file: str, entry: Mapping[str, Any], timeout: float) -> list[Benchmark]:
    limit = _seconds(entry.get("timeout"), timeout)
    common = {
        "type": str(entry["type"]),
        "unit": str(entry.get("unit", "")),
        "timeout": limit,
        "setup_cache": entry.get("setup_cache_key"),
        "setup_cache_timeout": _seconds(entry.get("setup_cache_timeout"), limit),
        "file": file,
        "said": entry.get("asv_gate", {}),
    }
    name = entry["name"]
    if not entry["params"]:
        return [Benchmark(name, name, **common)]
    return [
        Benchmark(f"{name}({', '.join(chosen)})", f"{name}-{index}", **common)
        for index, chosen in enumerate(itertools.product(*entry["params"]))
    ]


def _seconds(value: Any, otherwise: float) -> float:
    """A time-out as the suite gives it, which may be anything."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return min(seconds, LONGEST) if seconds > 0 and not math.isnan(seconds) else otherwise
