"""Results on a branch of their own: what goes there and comes from there, and that a checkout stays as it was."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import asv_gate
from project import git, state

from asv_gate.errors import GateError
from asv_gate.history import alongside, packages
from asv_gate.history.alongside import During
from asv_gate.history.branch import Branch
from asv_gate.history.reference import Build, Reference, ReferenceTime, Replaced, parse


@pytest.fixture
def remote(thing: Path, tmp_path: Path) -> Path:
    bare = tmp_path / "remote.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(thing), str(bare))
    return bare


def clone(remote: Path, name: str) -> Path:
    """A machine's checkout of the remote."""
    folder = remote.parent / name
    git(remote.parent, "clone", "--quiet", str(remote), str(folder))
    return folder


def write(checkout: Path, **files: str) -> None:
    for name, text in files.items():
        file = checkout / "results" / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def files(checkout: Path) -> dict[str, str]:
    folder = checkout / "results"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def branch(checkout: Path) -> Branch:
    return Branch(checkout / "asv.conf.json")


def test_results_go_from_one_machine_to_the_next(remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    assert branch(first).get() == "origin has no branch asv-results yet: nothing to get"
    assert "no results" in branch(first).keep()
    write(first, benchmarks="1", m__a="a", m__reference="r")
    before = {name: text for name, text in state(first).items() if name != "references"}
    assert branch(first).keep() == "3 files are kept on asv-results"
    assert {name: text for name, text in state(first).items() if name != "references"} == before
    assert branch(first).keep() == "asv-results has these results already"

    assert branch(second).get().startswith("3 files of asv-results are in ")
    assert files(second) == files(first)
    write(second, benchmarks="2", n__b="b")
    branch(second).keep()
    branch(first).get()
    assert files(first) == {"benchmarks": "2", "m/a": "a", "m/reference": "r", "n/b": "b"}
    assert len(git(remote, "rev-list", "asv-results").split()) == 2
    assert git(remote, "rev-parse", "main") == git(first, "rev-parse", "origin/main")


def test_machines_that_keep_results_at_the_same_time_lose_none(remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, m__a="a")
    write(second, n__b="b")
    slow, fast = branch(first), branch(second)
    tips = iter([None])  # what the first knew before the second was faster

    def tip(self: Branch, real: object = Branch._tip) -> str | None:
        if self is slow:
            for known in tips:
                fast.keep()
                return known
        return real(self)  # type: ignore[operator, no-any-return]

    monkeypatch.setattr(Branch, "_tip", tip)
    assert slow.keep() == "1 files are kept on asv-results"
    monkeypatch.undo()
    fast.get()
    assert files(second) == {"m/a": "a", "n/b": "b"}


def test_what_the_checked_out_commit_has_is_left_alone(remote: Path) -> None:
    checkout = clone(remote, "first")
    write(checkout, m__a="committed")
    git(checkout, "add", "results")
    git(checkout, "commit", "--quiet", "--message", "results")
    write(checkout, m__a="changed", m__b="new")
    branch(checkout).keep()
    assert git(remote, "ls-tree", "-r", "--name-only", "asv-results").split() == ["results/m/b"]
    other = clone(remote, "second")
    write(other, m__a="theirs")
    branch(other).keep()
    branch(checkout).get()
    assert files(checkout) == {"m/a": "changed", "m/b": "new"}


def test_a_list_of_benchmarks_that_is_new_here_stays(remote: Path) -> None:
    """Without it what was measured here could not be published. A machine's facts are those of the first."""
    first, second = clone(remote, "first"), clone(remote, "second")
    for checkout, text in ((first, "theirs"), (second, "ours")):
        folder = checkout / "results" / "m"
        folder.mkdir(parents=True)
        (checkout / "results" / "benchmarks.json").write_text(text)
        (folder / "machine.json").write_text(text)
    branch(first).keep()
    branch(second).get()
    assert files(second) == {"benchmarks.json": "ours", "m/machine.json": "theirs"}
    branch(second).keep()
    branch(first).get()
    assert files(first) == files(second)


def test_ignored_results_are_kept_too(remote: Path) -> None:
    checkout = clone(remote, "first")
    (checkout / ".git" / "info" / "exclude").write_text("results/\n")
    write(checkout, m__a="a")
    assert branch(checkout).keep() == "1 files are kept on asv-results"


def test_a_push_that_is_refused_is_told_and_nothing_is_lost(remote: Path) -> None:
    checkout = clone(remote, "first")
    write(checkout, m__a="a")
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GateError, match="could not be pushed to asv-results of origin"):
        branch(checkout).keep()
    assert files(checkout) == {"m/a": "a"}


@pytest.mark.parametrize("what", ["get", "keep"])
def test_a_remote_that_there_is_not_is_one_line(what: str, remote: Path) -> None:
    checkout = clone(remote, "first")
    write(checkout, m__a="a")
    done = asv_gate(checkout, "results", what, "--remote", "nowhere")
    assert done.status == 2
    (line,) = done.errors.splitlines()
    assert line.startswith("asv-gate: git ls-remote: fatal")


def test_results_outside_the_checkout_are_one_line(remote: Path) -> None:
    checkout = clone(remote, "first")
    config = checkout / "asv.conf.json"
    config.write_text(config.read_text().replace('"version": 1', '"version": 1, "results_dir": "../elsewhere"'))
    done = asv_gate(checkout, "results", "get")
    assert done.status == 2
    assert "which is not in the checkout" in done.errors
    shutil.rmtree(checkout)


BUILD, OTHER = Build("a" * 40, "py3.11"), Build("b" * 40, "py3.11")


def times(*names: str, seconds: float = 1.0, version: str = "1", build: Build = BUILD) -> str:
    """A reference that has these benchmarks."""
    found = {name: ReferenceTime(name, version, seconds, 0.01, "a", 11, 2.0, build) for name in names}
    return Reference(build, {"cpu": "it"}, found).text()


def known(*commits: str) -> str:
    return packages.LINES.text({Build(commit, "py3.11"): "d" for commit in commits})


def took(*commits: str) -> str:
    build = Build("r", "py3.11")
    builds = {Build(commit, "py3.11"): During(build, {"a.time_it": (1.0, 0.1)}) for commit in commits}
    return alongside.LINES.text(builds)


def test_two_runs_of_one_machine_that_add_at_the_same_time_lose_no_line(remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, **{"m__reference.jsonl": times("a", "b"), "m__packages.jsonl": known("1", "2"), "m__one": "1"})
    write(first, **{"m__alongside.jsonl": took("1", "2")})
    write(second, **{"m__reference.jsonl": times("a", "c"), "m__packages.jsonl": known("1", "3"), "m__two": "2"})
    write(second, **{"m__alongside.jsonl": took("1", "3")})
    branch(first).keep()
    assert branch(second).keep() == "4 files are kept on asv-results"
    assert branch(first).keep() == "asv-results has these results already"
    branch(first).get()
    assert files(first) == {
        "m/alongside.jsonl": took("1", "2", "3"),
        "m/reference.jsonl": times("a", "b", "c"),
        "m/packages.jsonl": known("1", "2", "3"),
        "m/one": "1",
        "m/two": "2",
    }


NAN = float("nan")
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_number", "stats_repeat"]
COLUMNS += ["samples", "profile"]
FILE = "m/aaaa-py3.11.json"
TWO = [["'a'", "'b'"]]  # the parameters of a benchmark with two combinations


def measured(durations: dict[str, float] | None = None, /, **rows: list[Any]) -> str:
    """A commit's results as asv writes them."""
    common = {"commit_hash": "a" * 40, "result_columns": COLUMNS}
    return json.dumps({**common, "results": rows, "durations": durations or {}})


def row(result: list[float | None] | None, repeats: list[int] | None = None, version: str = "1") -> list[Any]:
    """That of a benchmark with two parameters, or with none."""
    found = [result, TWO if result and len(result) == 2 else [], version, 5, 0.5]
    return [*found, result, [1] * len(repeats), repeats] if repeats and result else found


@pytest.mark.parametrize("command", ["keep", "get"])
def test_two_runs_of_one_commit_that_measure_different_benchmarks_lose_none(command: str, remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    theirs = {"of_theirs": row([1.0], [3]), "of_both": row([2.0], [3]), "in_part": row([1.0, NAN], [4, 0])}
    ours = {"of_ours": row(None), "of_both": row([3.0], [3]), "in_part": row([NAN, 2.0], [0, 5])}
    write(first, **{FILE: measured({"<build>": 1.0, "<setup>": 2.0}, **theirs)})
    write(second, **{FILE: measured({"<build>": 3.0}, **ours), "m/machine.json": "ours"})
    branch(first).keep()
    getattr(branch(second), command)()
    joined = json.loads(files(second)[FILE] if command == "get" else git(remote, "show", f"asv-results:results/{FILE}"))
    assert joined["durations"] == {"<build>": 3.0, "<setup>": 2.0}
    assert joined["results"] == {
        "of_theirs": theirs["of_theirs"],
        "of_ours": [None, [], "1", 5, 0.5],
        "of_both": ours["of_both"],
        "in_part": row([1.0, 2.0], [4, 5]),
    }
    assert joined["commit_hash"] == "a" * 40
    again = "are kept on asv-results" if command == "get" else "has these results already"
    assert branch(second).keep().endswith(again)


def test_what_was_kept_before_never_takes_the_place_of_what_others_made_of_it(remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, **{"benchmarks.json": "older", FILE: measured(a=row([1.0]))})
    branch(first).keep()
    newer = {"benchmarks.json": "newer", FILE: measured(a=row([2.0], version="2"))}
    write(second, **newer)
    branch(second).keep()
    new = {"m/new": "n", "n/benchmarks.json": "older"}  # the same as another file was once
    write(first, **new)
    branch(first).keep()
    branch(second).get()
    assert files(second) == {**newer, **new}
    branch(first).get()
    assert files(first) == {**newer, **new}


@pytest.mark.parametrize("theirs", [row([1.0, 1.5], [3, 3], version="2"), row(None), row([1.0], [3])])
def test_what_is_of_another_version_or_has_other_parameters_is_not_mixed(theirs: list[Any], remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    ours = measured(same=row([NAN, 2.0], [0, 5]))
    write(first, **{FILE: measured(same=theirs)})
    write(second, **{FILE: ours})
    branch(first).keep()
    branch(second).keep()
    assert git(remote, "show", f"asv-results:results/{FILE}") == ours


@pytest.mark.parametrize("command", ["keep", "get"])
@pytest.mark.parametrize("broken", ["{", "[]", '{"results": {}}', '{"result_columns": [], "results": {"a": 1}}'])
def test_results_that_cannot_be_read_are_one_line_and_nothing_is_lost(command: str, broken: str, remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, **{FILE: measured(a=row([1.0]))})
    write(second, **{FILE: broken})
    branch(first).keep()
    with pytest.raises(GateError, match=f"results/{FILE} cannot be read"):
        getattr(branch(second), command)()
    assert files(second) == {FILE: broken}
    assert git(remote, "show", f"asv-results:results/{FILE}") == measured(a=row([1.0]))


GIVEN_UP = Replaced(BUILD, OTHER, "2026-01-31", ["a"], [], {})
NEWER = replace(parse(times("a", build=OTHER), Path()), replaced=[GIVEN_UP]).text()


@pytest.mark.parametrize(
    ("theirs", "ours", "why"),
    [
        (times("a", "b"), NEWER, "has fixed the reference time of b at the same time"),
        (times("a", build=OTHER), times("a"), "another machine of this name has bbbbbbbb in py3.11 as its reference"),
        (times("a", "b", seconds=2.0), times("a", "b"), "has fixed the reference time of a at the same time"),
        ("{", times("a"), "is no reference of asv-gate"),
    ],
)
def test_what_cannot_stand_beside_the_others_is_refused_and_stays_here(
    theirs: str, ours: str, why: str, remote: Path
) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, **{"m__reference.jsonl": theirs})
    write(second, **{"m__reference.jsonl": ours, "m__b": "b"})
    branch(first).keep()
    for command in (branch(second).keep, branch(second).get):
        with pytest.raises(GateError, match=f"results/m/reference.jsonl.*{why}"):
            command()
    assert files(second) == {"m/reference.jsonl": ours, "m/b": "b"}
    shutil.rmtree(second / "results")  # as the message says
    branch(second).get()
    assert files(second) == {"m/reference.jsonl": theirs}
    branch(first).get()
    assert files(first) == {"m/reference.jsonl": theirs}


def test_a_reference_that_was_replaced_here_and_a_new_version_are_no_conflict(remote: Path) -> None:
    first, second = clone(remote, "first"), clone(remote, "second")
    write(first, **{"m__reference.jsonl": times("a", "b")})
    branch(first).keep()
    write(second, **{"m__reference.jsonl": times("a", version="2", seconds=3.0)})
    branch(second).keep()
    branch(first).get()
    assert '"version": "2", "seconds": 3.0' in files(first)["m/reference.jsonl"]
    assert '"name": "b"' in files(first)["m/reference.jsonl"]
    given_up = Replaced(BUILD, OTHER, "2026-01-31", ["a"], [], {"b": "it is no more"})
    newer = replace(parse(times("a", build=OTHER), Path()), replaced=[given_up]).text()
    write(second, **{"m__reference.jsonl": newer})
    branch(second).keep()
    branch(first).get()
    assert files(first)["m/reference.jsonl"] == newer
