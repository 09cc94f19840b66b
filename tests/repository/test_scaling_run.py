"""``make scaling``: every comparison is a file, and what is there is not measured again."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import scaling  # noqa: E402 - see above


def test_each_workload_is_compared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "FOLDER", tmp_path)
    monkeypatch.setattr("kernels.comparing.chart.is_possible", lambda: False)
    options = ["--workers", "1 2", "--machine", "here", "--size", "50", "--workloads", "polynomial"]
    assert scaling.main(options) == 0
    (file,) = tmp_path.glob("here-python-*/*.json")
    compared = json.loads(file.read_text())
    assert {timing["workers"] for timing in compared["timings"]} == {None, 1, 2}
    before = file.stat().st_mtime_ns
    assert scaling.main(options) == 0
    assert file.stat().st_mtime_ns == before


def test_what_failed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scaling, "FOLDER", tmp_path)
    assert scaling.main(["--size", "XL", "--workloads", "triad", "ep"]) == 1
    assert capsys.readouterr().err == "make scaling: failed: triad, ep\n"
    assert not list(tmp_path.glob("*/*.json"))
