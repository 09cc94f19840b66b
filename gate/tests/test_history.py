"""A history of a small suite: what is measured, what its files hold, and what is refused."""

import json
import math
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import project
import pytest
from commands import asv_gate

from asv_gate.asvlink import Install
from asv_gate.errors import GateError
from asv_gate.history import alongside, machine, measuring, package, packages, reference, rows
from asv_gate.history.installed import Installed
from asv_gate.history.reference import Build, Reference, ReferenceTime
from asv_gate.history.request import HistoryRequest
from asv_gate.history.rows import NOT_MEASURED, Value
from asv_gate.pair import Side
from asv_gate.progress import ConsoleProgress

DEFAULTS = {"cpu": "AMD EPYC 7763 64-Core Processor", "num_cpu": "4", "arch": "x86_64", "os": "Linux", "ram": "1"}
TIME = ReferenceTime("a.time_it", "1", 0.5, 0.0, "a.time_it", 5, 1.0, Build("c" * 40, "virtualenv-py3.13"))
ENTRY = {"name": "a.time_it", "params": [["1", "2", "3"]], "version": "v"}


def test_machines_of_one_model_have_one_name() -> None:
    assert machine.name_of(DEFAULTS) == "amd-epyc-7763-4cpu-paired"
    intel = {**DEFAULTS, "cpu": "Intel(R) Xeon(R) CPU @ 2.20GHz", "num_cpu": "2"}
    assert machine.name_of(intel) == "intel-xeon-2cpu-paired"
    assert machine.name_of({}) == "unknown-0cpu-paired"


def test_another_model_is_another_machine(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    kept = {**DEFAULTS, "machine": "m", "ram": "2"}
    (tmp_path / "m" / "machine.json").write_text(json.dumps({**kept, "version": 1}))
    assert machine.known(tmp_path, "m", DEFAULTS) == kept, "the memory of the first stays"
    with pytest.raises(GateError, match="num_cpu is '4', and here it is '8'"):
        machine.known(tmp_path, "m", {**DEFAULTS, "num_cpu": "8"})
    (tmp_path / "m" / "machine.json").write_text("{")
    with pytest.raises(GateError, match=r"machine\.json cannot be read"):
        machine.known(tmp_path, "m", DEFAULTS)


def test_results_of_asv_run_are_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "machine.json").touch()
    machine.require_paired(tmp_path, reference=False)
    (tmp_path / "abc-env.json").touch()
    machine.require_paired(tmp_path, reference=True)
    with pytest.raises(GateError, match="is not one history"):
        machine.require_paired(tmp_path, reference=False)


def test_a_reference_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert reference.load(tmp_path) is None
    written = Reference(TIME.build, DEFAULTS).with_times({TIME.name: TIME})
    written.save(tmp_path)
    assert reference.load(tmp_path) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"kind": "another"}',
        '{"kind": "asv-gate reference", "format": 2, "build": {}, "machine": {}}',
        '{"kind": "asv-gate reference", "format": 1, "build": {"commit": "c"}, "machine": {}}',
        "[1]",
        "\udcff",
    ],
)
def test_a_broken_or_foreign_reference_is_one_error_and_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / reference.NAME
    file.write_text(text, errors="surrogateescape")
    before = file.read_bytes()
    with pytest.raises(GateError, match=r"reference\.jsonl") as raised:
        reference.load(tmp_path)
    assert "\n" not in str(raised.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("seconds", [0, -1.0, math.inf, math.nan, "1", None])
def test_a_reference_time_must_be_a_time(tmp_path: Path, seconds: object) -> None:
    Reference(TIME.build, DEFAULTS).with_times({TIME.name: TIME}).save(tmp_path)
    header, line = (tmp_path / reference.NAME).read_text().splitlines()
    broken = {**json.loads(line), "seconds": seconds}
    (tmp_path / reference.NAME).write_text(f"{header}\n{json.dumps(broken)}\n")
    with pytest.raises(GateError, match=r"a\.time_it takes"):
        reference.load(tmp_path)


def test_rows_tell_failures_skips_and_what_was_not_asked_for_apart(tmp_path: Path) -> None:
    values = {"a.time_it(1)": Value(why="it fails"), "a.time_it(2)": Value(skipped=True)}
    (row,) = rows.rows([ENTRY], values, began=1.0).values()
    assert row["result"][0] is None
    assert all(math.isnan(value) for value in row["result"][1:])
    assert row["stats"] == [None, None, NOT_MEASURED]
    file = tmp_path / "r.json"
    columns = ["result", "params", "version", "stats_repeat"]
    content: Any = {
        "result_columns": columns,
        "results": {"a.time_it": [[1, 2, 3], ENTRY["params"], "v", [9, None, 0]]},
    }
    file.write_text(json.dumps(content))
    assert rows.written(file, [ENTRY]) == {"a.time_it(1)", "a.time_it(2)"}
    assert rows.written(file, [{**ENTRY, "version": "another"}]) == set()
    assert rows.written(tmp_path / "none.json", [ENTRY]) == set()
    file.write_text("[")
    with pytest.raises(GateError, match=r"r\.json cannot be read"):
        rows.written(file, [ENTRY])


@pytest.mark.long
def test_a_range_has_a_file_for_each_commit_and_is_not_measured_twice(thing: Path) -> None:
    bench = ("--bench", "track_changing|Numbers|time_work", "--budget", "5s")
    request = ("history", "base..slower", "--reference", "base", *bench)
    done = asv_gate(thing, *request)
    try:
        assert done.status == 0, done.said
        (folder,) = (thing / "results").glob("*-paired")
        files = [path for path in folder.glob("*.json") if path.name != "machine.json"]
        assert files
        content = json.loads(files[0].read_text())
        assert content["params"]["machine"] == folder.name
        took = alongside.load(folder).builds
        assert {(each.commit[:8], each.environment) for each in took} == {
            tuple(path.stem.split("-", 1)) for path in files
        }
        times = reference.load(folder)
        assert times is not None
        for during in took.values():
            assert during.reference == times.build
            assert set(during.times) == set(times.times)
            assert all(0.2 < during.times[name][0] / each.seconds < 5 for name, each in times.times.items())
        again = asv_gate(thing, *request)
        assert again.status == 0
        assert "measured before" in again.output
        for path in files:  # the journal of the first has the times that were fixed, too
            path.rename(path.with_suffix(".before"))
        resumed = asv_gate(thing, *request)
        assert "benchmarks measured" in resumed.output
        before, _, after = resumed.errors.rpartition(f"Building {times.build.commit[:8]}")
        assert "Measuring" in after
        assert "Measuring" not in before, "what is built has no part of the estimate"
        for path in files:
            then, now = (json.loads(each.read_text())["results"] for each in (path.with_suffix(".before"), path))
            assert now["suite.time_work"][0] == then["suite.time_work"][0], "of the same pairs"
    finally:
        shutil.rmtree(thing / "results", ignore_errors=True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nowhere..main",), "nowhere"),
        (("HEAD", "--precision", "0%"), "the precision must be above 0"),
        (("HEAD", "--budget", "0s"), "must be like 90s"),
        (("HEAD", "--python", "2.7"), "--python must be one of"),
        (("HEAD", "--bench", "("), "regular expression"),
    ],
)
def test_bad_input_is_one_line(thing: Path, arguments: tuple[str, ...], why: str) -> None:
    done = asv_gate(thing, "history", *arguments)
    assert done.status == 2, done.said
    assert why in done.errors
    assert "Traceback" not in done.errors
    assert not (thing / "results").exists()


def test_packages_are_read_as_they_were_written_and_one_environment_is_not_another(tmp_path: Path) -> None:
    one, other, elsewhere = Build("a" * 40, "py3.13"), Build("b" * 40, "py3.13"), Build("c" * 40, "py3.12")
    known = packages.load(tmp_path)
    for build in (other, one, elsewhere):
        known.add(build, "d1")
    known.add(Build("e" * 40, "py3.13"), "d2")
    read = packages.load(tmp_path)
    assert read.digests == known.digests
    assert read.same(one, "d1") == [other]
    assert read.same(one, "d3") == []
    before = (tmp_path / packages.NAME).stat().st_mtime_ns
    read.add(one, "d1")
    assert (tmp_path / packages.NAME).stat().st_mtime_ns == before, "what is known is not written again"


@pytest.mark.parametrize("text", ["{", "[1]", "{}", '{"commit": "c", "environment": "e", "digest": 1}', "\udcff"])
def test_a_broken_file_of_packages_is_one_error_and_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / packages.NAME
    file.write_text(text, errors="surrogateescape")
    before = file.read_bytes()
    with pytest.raises(GateError, match=r"packages\.jsonl cannot be read"):
        packages.load(tmp_path)
    assert file.read_bytes() == before


def test_what_the_reference_took_is_read_as_it_was_written(tmp_path: Path) -> None:
    one, other, base = Build("a" * 40, "py3.13"), Build("b" * 40, "py3.13"), Build("c" * 40, "py3.13")
    known = alongside.load(tmp_path)
    versions = {"a.time_it": "1", "a.time_more": "2"}
    known.add(one, base, {"a.time_it": (0.5, 0.01)}, versions)
    known.add(other, base, {"a.time_it": (0.25, 0.0)}, versions)
    known.add(other, base, {"a.time_more(1)": (1.0, 0.02)}, versions)
    known.add(one, base, {}, versions)
    read = alongside.load(tmp_path)
    assert read.builds == known.builds
    assert set(read.builds[other].times) == {"a.time_it", "a.time_more(1)"}
    assert (read.builds[one].versions, read.builds[other].versions) == ({"a.time_it": "1"}, versions)
    read.add(other, one, {"a.time_it": (2.0, 0.0)}, versions)
    assert set(read.builds[other].times) == {"a.time_it"}, "of another reference"


def test_of_two_machines_each_has_what_both_have_seen_of_a_build(tmp_path: Path) -> None:
    build, base = Build("a" * 40, "py3.13"), Build("c" * 40, "py3.13")
    texts = []
    for name in ("a.time_it", "a.time_more"):
        folder = tmp_path / name
        folder.mkdir()
        alongside.load(folder).add(build, base, {name: (0.5, 0.01)}, {name: "1"})
        texts.append((folder / alongside.NAME).read_text())
    joined = alongside.LINES.parse(alongside.LINES.joined(texts[0], texts[1], tmp_path), tmp_path)
    assert set(joined[build].times) == set(joined[build].versions) == {"a.time_it", "a.time_more"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '{"commit": "c", "environment": "e", "reference": ["c"], "times": {}}',
        '{"commit": "c", "environment": "e", "reference": ["c", "e"], "times": {"a": [0, 0]}}',
        '{"commit": "c", "environment": "e", "reference": ["c", "e"], "times": {"a": [1, NaN]}}',
        '{"commit": "c", "environment": "e", "reference": ["c", "e"], "times": {"a": 1}}',
        "\udcff",
    ],
)
def test_a_broken_file_of_what_the_reference_took_is_one_error_and_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / alongside.NAME
    file.write_text(text, errors="surrogateescape")
    before = file.read_bytes()
    with pytest.raises(GateError, match=r"alongside\.jsonl cannot be read"):
        alongside.load(tmp_path)
    assert file.read_bytes() == before


def installed(folder: Path, files: dict[str, str], project: str = "thing", commit: str = "a") -> str:
    """The digest of an installation that has these files: its Python tells that its packages lie there."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    tells = f"print({json.dumps([str(folder)])!r})"
    python = [sys.executable, "-c", tells]
    return package.digest(Install(commit * 40, "a", folder, python, {"ASV_PROJECT": project}))


ABOUT = "thing-1.dist-info/METADATA"
FILES = {"thing/__init__.py": "1", ABOUT: "Name: thing\n\nIts README.\n", "six.py": "six"}


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"thing/__pycache__/__init__.pyc": "x", "thing-1.dist-info/RECORD": "x"}, True),
        ({"thing-1.dist-info/direct_url.json": "where"}, True),
        ({ABOUT: "Name: thing\n\nIts README says more.\n\nAnd more.\n"}, True),
        ({ABOUT: "Name: thing\nRequires-Dist: six\n\nIts README.\n"}, False),
        ({"thing/METADATA": "a\n\nb"}, False),
        ({"pip/__init__.py": "another day", "pip-26.dist-info/METADATA": "pip"}, True),
        ({"pipeline/__init__.py": "x"}, False),
        ({"thing/__init__.py": "2"}, False),
        ({"six.py": "another six"}, False),
    ],
)
def test_a_digest_is_of_what_benchmarks_run(tmp_path: Path, changed: dict[str, str], *, alike: bool) -> None:
    before = installed(tmp_path / "one", FILES)
    assert (installed(tmp_path / "another", {**FILES, **changed}) == before) is alike


EDITABLE = json.dumps({"url": "file:///somewhere", "dir_info": {"editable": True}})


@pytest.mark.parametrize(
    ("files", "alike"),
    [
        (FILES, True),
        ({"six.py": "six"}, False),
        ({"__editable__.thing.pth": "/somewhere", **FILES, "thing-1.dist-info/direct_url.json": EDITABLE}, False),
        ({"thing_more-1.dist-info/METADATA": "another"}, False),
        ({**FILES, "thing-1.dist-info/direct_url.json": '{"url": "file:///somewhere", "dir_info": {}}'}, True),
    ],
)
def test_two_commits_are_alike_only_where_the_project_is_copied(
    tmp_path: Path, files: dict[str, str], *, alike: bool
) -> None:
    one = installed(tmp_path / "one", files)
    assert (installed(tmp_path / "two", files, commit="b") == one) is alike


def test_a_project_that_builds_packages_is_not_left_out_of_its_own_digest(tmp_path: Path) -> None:
    files = {"build-1.dist-info/METADATA": "build"}
    before = installed(tmp_path / "one", {**files, "build/__init__.py": "1"}, "build")
    assert installed(tmp_path / "two", {**files, "build/__init__.py": "2"}, "build") != before


@pytest.fixture
def two_environments(thing: Path) -> Iterator[Path]:
    """The config of the project with two environments, of which the second is the reference's."""
    config = thing / "two.json"
    content = json.loads((thing / "asv.conf.json").read_text())
    matrix = {"env_nobuild": {**content["matrix"]["env_nobuild"], "LEVEL": ["1", "2"]}}
    config.write_text(json.dumps({**content, "matrix": matrix}))
    yield config
    config.unlink()
    shutil.rmtree(thing / "results", ignore_errors=True)


def measured_against(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """By commit and level what each was measured against."""
    level = re.compile(r"LEVEL(\d)")
    return {
        (each.commit, level.findall(each.environment)[0]): (
            during.reference.commit,
            level.findall(during.reference.environment)[0],
        )
        for each, during in alongside.load(folder).builds.items()
    }


def seconds_of(folder: Path) -> dict[tuple[str, str], float]:
    """By commit and level the result of the benchmark."""
    files = [json.loads(path.read_text()) for path in folder.glob("*.json") if path.name != "machine.json"]
    return {
        (content["commit_hash"], content["env_vars"]["LEVEL"]): content["results"]["suite.time_work"][0][0]
        for content in files
    }


def ratios_of(thing: Path, commit: str) -> list[float]:
    """Those of the pairs of a commit with another build than the reference."""
    lines = [
        json.loads(line)
        for journal in (thing / ".asv-gate" / "history").glob(f"{commit[:12]}-*/*.jsonl")
        for line in journal.read_text().splitlines()
    ]
    return [math.exp(line["d"]) for line in lines if line.get("against")]


@pytest.mark.long
def test_in_another_environment_commits_are_measured_against_the_references_commit_there(
    thing: Path, two_environments: Path
) -> None:
    request = ("--config", two_environments.name, "--reference", "base", "--bench", "time_work", "--budget", "5s")
    done = asv_gate(thing, "history", "slower", *request)
    assert done.status == 0, done.said
    (folder,) = (thing / "results").glob("*-paired")
    base, slower = (project.git(thing, "rev-parse", name) for name in ("base", "slower"))
    assert measured_against(folder) == {
        (base, "1"): (base, "2"),
        (slower, "1"): (base, "1"),
        (slower, "2"): (base, "2"),
    }
    assert "which others are measured against there: 1 benchmark measured" in done.errors
    seconds, ratios = seconds_of(folder), ratios_of(thing, slower)
    assert set(seconds) == {(base, "1"), (slower, "1"), (slower, "2")}
    assert min(ratios) <= seconds[slower, "1"] / seconds[base, "1"] <= max(ratios)
    again = asv_gate(thing, "history", "slower", *request)
    assert again.status == 0
    assert again.output.count("measured before") == 2
    assert "Measuring" not in again.errors


@pytest.mark.long
def test_after_the_reference_is_replaced_other_environments_go_on_against_its_commit_there(
    thing: Path, two_environments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new commit is measured against the old one in each environment; against the reference where that is gone."""
    request = ("--config", two_environments.name, "--bench", "time_work", "--budget", "5s")
    begun = asv_gate(thing, "history", "base", "--reference", "base", *request)
    assert begun.status == 0, begun.said
    monkeypatch.chdir(thing)
    (folder,) = (thing / "results").glob("*-paired")
    base, slower, faster = (project.git(thing, "rev-parse", name) for name in ("base", "slower", "faster"))
    before = {(base, "1"): (base, "2")}
    assert measured_against(folder) == before
    kept = folder.parent / "kept"
    shutil.copytree(folder, kept)
    asked = HistoryRequest(
        commits="faster",
        config=Path(two_environments.name),
        reference="slower",
        replace=True,
        bench=["time_work"],
        budget=5.0,
    )
    with ConsoleProgress() as progress:
        assert all(each.measured for each in measuring.run(asked, progress))
    after = {(faster, level): (slower, level) for level in "12"}
    assert measured_against(folder) == before | after | {(slower, "1"): (base, "1")}
    seconds, ratios = seconds_of(folder), ratios_of(thing, slower)
    assert min(ratios) <= seconds[slower, "1"] / seconds[base, "1"] <= max(ratios)

    shutil.rmtree(folder)
    kept.rename(folder)
    plain = Installed.to_be_compared

    def gone(self: Installed, build: Build) -> Side:
        if build.commit == base and "LEVEL1" in build.environment:
            raise GateError("no compiler")
        return plain(self, build)

    monkeypatch.setattr(Installed, "to_be_compared", gone)
    with ConsoleProgress() as progress:
        assert all(each.measured for each in measuring.run(asked, progress))
    assert measured_against(folder) == before | after | {(slower, "1"): (slower, "2")}


@pytest.mark.long
def test_what_the_base_of_an_environment_took_is_kept_also_where_it_fixed_the_time(
    thing: Path, two_environments: Path
) -> None:
    """A benchmark that the reference's environment has not got has its time of the other one's base."""
    file = thing / "bench" / "more.py"
    file.write_text(
        """
import os
import thing


class Here:
    def setup(self):
        if os.environ["LEVEL"] == "2":
            raise ImportError("it is not there")

    def time_it(self):
        thing.work(1000)
"""
    )
    request = ("--config", two_environments.name, "--reference", "base", "--bench", "time_work", "--bench", "Here")
    try:
        done = asv_gate(thing, "history", "slower", *request, "--budget", "5s")
        assert done.status == 1, done.said
        (folder,) = (thing / "results").glob("*-paired")
        base, slower = (project.git(thing, "rev-parse", name) for name in ("base", "slower"))
        fixed = reference.load(folder)
        assert fixed is not None
        here = fixed.times["more.Here.time_it"].build
        assert (here.commit, here.environment) != (fixed.build.commit, fixed.build.environment)
        assert here.commit == base
        took = {each: during for each, during in alongside.load(folder).builds.items() if each.commit == slower}
        assert {during.reference: set(during.times) for during in took.values()} == {
            here: {"suite.time_work", "more.Here.time_it"},
            fixed.build: {"suite.time_work"},
        }
    finally:
        file.unlink()


def test_without_the_references_commit_in_an_environment_the_reference_is_what_others_are_measured_against(
    thing: Path, two_environments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All environments have the same packages, and the base is measured all the same when it can be."""
    content = json.loads(two_environments.read_text())
    two_environments.write_text(json.dumps({**content, "project": "asv_runner"}))
    asked = HistoryRequest(
        commits="slower", config=Path(two_environments.name), reference="base", bench=["time_work"], budget=1.0
    )
    plain = measuring._History.target_side

    def fails(self: Any, build: Build) -> Any:
        if build == self.records.base_in(build.environment) != self.records.reference.build:
            raise GateError("no compiler")
        return plain(self, build)

    monkeypatch.setattr(measuring._History, "target_side", fails)
    monkeypatch.chdir(thing)
    with ConsoleProgress() as progress:
        came = measuring.run(asked, progress)
    assert [each.measured for each in came] == [True, True]
    assert ["since its commit could not be measured" in each.words for each in came] == [True, False]
    (folder,) = (thing / "results").glob("*-paired")
    base, slower = (project.git(thing, "rev-parse", name) for name in ("base", "slower"))
    before = {(slower, level): (base, "2") for level in "12"}
    assert measured_against(folder) == before
    monkeypatch.setattr(measuring._History, "target_side", plain)
    with ConsoleProgress() as progress:
        measuring.run(asked, progress)
    assert measured_against(folder) == before | {(base, "1"): (base, "2")}


def test_what_an_earlier_run_knows_to_be_unchanged_is_measured_only_when_it_is_asked_for(
    thing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All environments have the same packages: the project is called as one that lies there."""
    named = thing / "named.json"
    named.write_text(json.dumps({**json.loads((thing / "asv.conf.json").read_text()), "project": "asv_runner"}))
    request = ("--config", named.name, "--reference", "base", "--bench", "track_count")
    try:
        assert asv_gate(thing, "history", "same", *request).status == 0
        unchanged = asv_gate(thing, "history", "larger", *request)
        assert unchanged.status == 0, unchanged.said
        assert "not measured: the same package as" in unchanged.output
        asked = HistoryRequest(commits="larger", config=Path(named.name), reference="base", bench=["track_count"])
        with monkeypatch.context() as inside, ConsoleProgress() as progress:
            inside.chdir(thing)
            (came,) = measuring.run(asked, progress)
        assert came.measured, "its package has results, of which make bench makes its report"
        more = asv_gate(thing, "history", "larger", *request, "--bench", "track_steady")
        assert "1 benchmark measured" in more.output, "the other commit has no result of it"
        assert "which has the same package and the other results" in more.output
        found = [json.loads(file.read_text()) for file in (thing / "results").glob("*-paired/*.json")]
        (kept,) = (each for each in found if "commit_hash" in each)
        assert kept["commit_hash"] == project.git(thing, "rev-parse", "same")
        assert {"track_count", "track_steady"} <= {name.rpartition(".")[2] for name in kept["results"]}
        again = asv_gate(thing, "history", "larger", *request, "--again")
        assert "1 benchmark measured" in again.output
        (file,) = (thing / "results").glob("*-paired/packages.jsonl")
        assert len(file.read_text().splitlines()) == 2
    finally:
        named.unlink()
        shutil.rmtree(thing / "results", ignore_errors=True)
