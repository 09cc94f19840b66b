"""How often are a comparison of environments and a search for a commit wrong, on the real clock?

``python gate/tests/real_searches.py DIR`` makes a small project in DIR and goes through these cases, a line of
DIR/trials.jsonl each: the same command goes on where it ended, and prints what all lines come to.

- ``environments``: one commit with two versions of a package that no benchmark uses. What is called slower is false.
- ``alike``: ``asv-gate find`` in eight commits that are alike. A commit that is named is false.
- ``planted``: ``asv-gate find`` in eight commits of which one makes the benchmark slower. It should be named.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import project

from asv_gate.arguments import duration, fraction, whole
from asv_gate.replay import Rate

COMMITS = 8
PACKAGE = "def work():\n    return sum(i * i for i in range({size}))\n"
SIZE = 20_000  # about 1 ms
SUITE = """
import thing

def time_work():
    thing.work()

def time_sorted():
    sorted(range(20_000), key=lambda i: -i)

def time_joined():
    "".join(str(i) for i in range(10_000))
"""
NAMED = re.compile(r"^([0-9a-f]{10}).* made ", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--environments", type=whole(0), default=20, metavar="N")
    parser.add_argument("--alike", type=whole(0), default=20, metavar="N")
    parser.add_argument("--planted", type=whole(0), default=10, metavar="N")
    parser.add_argument("--slowdown", type=fraction, default=0.15, metavar="15%")
    parser.add_argument("--budget", default="30s", metavar="30s", help="of a comparison of environments")
    parser.add_argument("--for", dest="seconds", type=duration, default=float("inf"), metavar="10m", help="then stop")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + options.seconds
    file = options.folder / "trials.jsonl"
    done = read(file)
    for kind, number in wanted(options):
        if (kind, number) in done:
            continue
        if time.monotonic() > deadline:
            break
        line = {"kind": kind, "number": number, **trial(options, kind, number)}
        done[kind, number] = line
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")
        print(json.dumps(line), file=sys.stderr, flush=True)
    print("\n".join(summary(list(done.values()))))
    return 0


def wanted(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """In turn, so that of each there are some, whenever it ends."""
    numbers = {kind: getattr(options, kind) for kind in ("planted", "alike", "environments")}
    for number in range(max(numbers.values())):
        yield from ((kind, number) for kind, of in numbers.items() if number < of)


def read(file: Path) -> dict[tuple[str, int], dict[str, Any]]:
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    return {(line["kind"], line["number"]): line for line in lines}


def trial(options: argparse.Namespace, kind: str, number: int) -> dict[str, Any]:
    start = time.monotonic()
    if kind == "environments":
        folder = made(options.folder.resolve() / "environments", environment_type="virtualenv", plugins=[])
        sides = ("--base-requirement", "six==1.16.0", "--requirement", "six==1.17.0")
        found = asv_gate(folder, "run", *sides, "--budget", options.budget, "--seed", str(number), "--report", "report")
        told = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
        worse = [row["name"] for row in told["benchmarks"] if row["verdict"] in {"slower", "larger"}]
        suite = [told["suite"]["verdict"]] if told["suite"] else []
        return {"status": found.returncode, "false": worse, "suite": suite, "seconds": round(time.monotonic() - start)}
    folder = made(options.folder.resolve() / "find")
    slow = random.Random(f"{number}").randrange(1, COMMITS) if kind == "planted" else COMMITS
    line = list(commits(folder, f"{kind}-{number}", slow, options.slowdown))
    found = asv_gate(folder, "find", line[0], line[-1], "--bench", "time_work")
    names = NAMED.findall(found.stdout)
    return {
        "status": found.returncode,
        "planted": line[slow][:10] if slow < COMMITS else None,
        "named": names[0] if names else None,
        "said": found.stdout.strip() or found.stderr.strip()[-300:],
        "seconds": round(time.monotonic() - start),
    }


def made(folder: Path, **config: object) -> Path:
    """A repository with a commit of the package and its suite; as it is, where it is there."""
    if (folder / "done").exists():
        return folder
    for file, text in (
        ("bench/suite.py", SUITE),
        ("bench/__init__.py", ""),
        (".gitignore", "__pycache__/\n*report*\n"),
    ):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    (folder / "thing").mkdir(exist_ok=True)
    (folder / "thing" / "__init__.py").write_text(PACKAGE.format(size=SIZE), encoding="utf-8")
    text = '[project]\nname = "thing"\nversion = "1"\n[tool.setuptools]\npackages = ["thing"]\n'
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    plugin = Path(__file__).with_name("checkout_environment.py")
    (folder / plugin.name).write_text(plugin.read_text(encoding="utf-8"), encoding="utf-8")
    project.configure(folder, **config)
    project.git(folder, "init", "--quiet", "--initial-branch", "main")
    project.commit(folder, "base")
    (folder / "done").touch()
    return folder


def commits(folder: Path, name: str, slow: int, slowdown: float) -> Iterator[str]:
    """The hashes of a branch of as many commits; from the slow one on, the package does more work."""
    project.git(folder, "checkout", "--quiet", "-B", name, "base")
    for place in range(COMMITS):
        size = round(SIZE * (1 + slowdown)) if place >= slow else SIZE
        text = f"{PACKAGE.format(size=size)}\n# {name}, {place}\n"
        (folder / "thing" / "__init__.py").write_text(text, encoding="utf-8")
        project.git(folder, "commit", "--quiet", "--all", "--message", f"{name}, {place}")
        yield project.git(folder, "rev-parse", "HEAD")


def asv_gate(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "asv_gate", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def summary(lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What all trials come to; intervals are 95 %, exact."""
    of = {kind: [line for line in lines if line["kind"] == kind] for kind in ("environments", "alike", "planted")}
    if runs := of["environments"]:
        wrong = sum(bool(line["false"]) or "slower" in line["suite"] for line in runs)
        yield f"Comparisons of environments that are alike, with a false verdict: {Rate(wrong, len(runs))}"
    if runs := of["alike"]:
        yield f"Searches in commits that are alike, which name one: {Rate(named(runs), len(runs))}"
    if runs := of["planted"]:
        right = sum(line["named"] == line["planted"] for line in runs)
        yield f"Planted commits that are named: {Rate(right, len(runs))}"
        yield f"Searches for them that name another: {Rate(named(runs) - right, len(runs))}"
    if failed := [line for line in lines if line["status"] == 2]:
        yield f"Could not do its job: {len(failed)} of {len(lines)}"


def named(runs: Sequence[dict[str, Any]]) -> int:
    return sum(line["named"] is not None for line in runs)


if __name__ == "__main__":
    sys.exit(main())
