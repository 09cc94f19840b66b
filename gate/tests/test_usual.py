"""What other builds' results tell of a benchmark's noise."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from asv_gate.history import estimate, rows, usual
from asv_gate.history.reference import Build
from asv_gate.history.rows import Value

ENTRY = {"name": "a.time_it", "params": [["'pool'", "'serial'"]], "version": "v"}
POOL, SERIAL = rows.combinations(ENTRY)
LONG = "virtualenv-py3.14-" + "x" * 200  # asv calls its files by a digest of it


def write(folder: Path, build: Build, values: Mapping[str, Value], version: str = "v") -> None:
    """As asv writes what a history measured."""
    entry = {**ENTRY, "version": version}
    row = rows.rows([entry], values, 0.0)["a.time_it"]
    statistics = [each or {} for each in row.pop("stats") or []]
    for key in ("ci_99_a", "ci_99_b", "q_25", "q_75", "number", "repeat"):
        row[f"stats_{key}"] = [each.get(key) for each in statistics]
    content = {"result_columns": list(row), "results": {"a.time_it": list(row.values())}}
    (folder / rows.file_name(build)).write_text(json.dumps(content))


def in_pairs(d: Sequence[float]) -> Value:
    (found,) = estimate.estimates({"it": d}).values()
    return Value(2.0 * found.ratio, found, tuple(d), 2.0)


def build(number: int, environment: str = "py3.13") -> Build:
    return Build(f"{number:08d}" + "0" * 32, environment)


def test_of_a_benchmark_the_builds_of_its_environment_tell_and_where_these_are_few_all(tmp_path: Path) -> None:
    apart = (-0.01, 0.0, 0.01)
    for number in range(3):
        write(tmp_path, build(number), {POOL: in_pairs(apart), **({SERIAL: in_pairs(apart)} if number else {})})
        write(tmp_path, build(number, LONG), {POOL: in_pairs([3 * d for d in apart])})
    other = [tmp_path / name for name in ("machine.json", "reference.jsonl", "alongside.jsonl")]
    for file in other:
        file.write_text("none of these")
    found = usual.known(tmp_path, build(9), [ENTRY], pytest.fail)
    assert set(found) == {POOL}, "of the other there are two builds"
    assert found[POOL].builds == 3
    assert found[POOL].noise == pytest.approx(usual.noise_of(0.01, 3))
    assert usual.known(tmp_path, build(9, LONG), [ENTRY], pytest.fail)[POOL].noise == pytest.approx(
        3 * found[POOL].noise
    )
    anywhere = usual.known(tmp_path, build(9, "py3.12"), [ENTRY], pytest.fail)[POOL]
    assert anywhere.builds == 6
    assert anywhere.noise == pytest.approx(2 * found[POOL].noise)


def test_its_own_results_and_those_of_another_version_tell_nothing(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, build(number), {POOL: in_pairs((0.0, 0.01))}, version="v" if number else "older")
    assert usual.known(tmp_path, build(9), [ENTRY], pytest.fail)[POOL].builds == 3
    assert usual.known(tmp_path, build(3), [ENTRY], pytest.fail) == {}


def test_what_has_no_quartiles_of_its_own_tells_nothing(tmp_path: Path) -> None:
    """A time that was fixed, one pair, pairs that are all equal, as of a clock's tick, and what failed."""
    for number in range(3):
        write(tmp_path, build(number), {POOL: Value(2.0, half=0.01, pairs=30), SERIAL: in_pairs((0.01, 0.01))})
    assert usual.known(tmp_path, build(9), [ENTRY], pytest.fail) == {}
    for number in range(3):
        write(tmp_path, build(number), {POOL: Value(why="it fails"), SERIAL: Value(skipped=True)})
    assert usual.known(tmp_path, build(9), [ENTRY], pytest.fail) == {}


def test_a_file_that_cannot_be_read_is_told_and_the_others_tell_all_the_same(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, build(number), {POOL: in_pairs((0.0, 0.01))})
    (tmp_path / rows.file_name(build(5))).write_text("{")
    told: list[str] = []
    assert usual.known(tmp_path, build(9), [ENTRY], told.append)[POOL].builds == 3
    (words,) = told
    assert "00000005-py3.13.json cannot be read" in words
