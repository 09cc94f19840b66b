"""A history of a small suite: what is measured, what its files hold, and what is refused."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import asv_gate

from asv_gate.errors import GateError
from asv_gate.history import machine, reference, rows
from asv_gate.history.reference import Build, Reference, ReferenceTime
from asv_gate.history.rows import NOT_MEASURED, Value

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


def test_a_range_has_a_file_for_each_commit_and_is_not_measured_twice(thing: Path) -> None:
    request = ("history", "base..slower", "--reference", "base", "--bench", "track_changing|Numbers", "--budget", "60s")
    done = asv_gate(thing, *request)
    try:
        assert done.status == 0, done.said
        (folder,) = (thing / "results").glob("*-paired")
        files = [path for path in folder.glob("*.json") if path.name != "machine.json"]
        assert files
        content = json.loads(files[0].read_text())
        assert content["params"]["machine"] == folder.name
        again = asv_gate(thing, *request)
        assert again.status == 0
        assert "measured before" in again.output
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
