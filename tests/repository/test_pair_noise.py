"""``python -m tools.pair_noise``: what is said of the noise is that of the pairs, of what the recordings share."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import pair_noise  # noqa: E402 - see above


def recording(path: Path, noise: dict[str, float], rounds: int = 400) -> Path:
    rng = np.random.default_rng(1)
    header = {"kind": "recording", "commit": "c" * 40, "benchmarks": [{"name": name} for name in noise]}
    lines = [
        {"round": number, "name": name, "installation": number % 2, "seconds": 0.5, "d": rng.normal(number % 2, scale)}
        for number in range(rounds)
        for name, scale in noise.items()
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in [header, *lines]))
    return path


def test_two_recordings_are_laid_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = recording(tmp_path / "before.jsonl", {"a": 0.02, "b": 0.1, "only": 1.0})
    after = recording(tmp_path / "after.jsonl", {"b": 0.01, "a": 0.002})
    assert pair_noise.main([str(before), str(after), "--each"]) == 0
    printed = capsys.readouterr().out
    rows = {cells[1]: cells for line in printed.splitlines() if len(cells := [c.strip() for c in line.split("|")]) > 2}
    assert rows["before.jsonl"][2:5] == ["cccccccc", "2", "400"]
    assert rows["before.jsonl"][-3:-1] == ["1", "0.50"]
    assert rows["after.jsonl"][-3:-1] == ["2", "0.50"]
    assert [float(cell.split()[0]) for cell in rows["`a`"][2:4]] == pytest.approx([2.0, 0.2], rel=0.1)
    assert [float(cell.split()[0]) for cell in rows["`b`"][2:4]] == pytest.approx([10.0, 1.0], rel=0.1)
    assert "`only`" not in rows


def test_what_cannot_be_read_or_compared_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = recording(tmp_path / "one.jsonl", {"a": 0.1}, rounds=4)
    assert pair_noise.main([str(one), str(tmp_path / "nowhere")]) == 1
    assert "there is no A/A recording" in capsys.readouterr().err
    other = recording(tmp_path / "other.jsonl", {"b": 0.1}, rounds=4)
    assert pair_noise.main([str(one), str(other)]) == 1
    assert capsys.readouterr().err == "pair_noise: the recordings have no benchmark in common\n"


def test_the_table_of_the_page_is_of_the_committed_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(ROOT / "docs" / "gate" / f"noise-{when}.jsonl") for when in ("before", "after")]
    assert pair_noise.main(files) == 0
    assert capsys.readouterr().out in (ROOT / "docs" / "gate.md").read_text()
