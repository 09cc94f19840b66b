"""Recording, replay and calibration: on the small project, and on recordings whose answers are known."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import asv_gate

from asv_gate import calibrate, recording
from asv_gate.decide import Settings
from asv_gate.errors import GateError
from asv_gate.recording import Recording
from asv_gate.replay import Injection, Rate, replay

ROUNDS, NAMES = 60, [f"benchmark{i}" for i in range(30)]
SETTINGS = Settings(budget=300)


def made_up(tmp_path: Path, noise: float = 0.02, bias: float = 0.0, rounds: int = ROUNDS) -> Recording:
    """A recording of normal noise; with a bias, benchmark 0 is slower in head's installations by mistake."""
    rng = np.random.default_rng(3)
    path = tmp_path / f"{noise}-{bias}-{rounds}.jsonl"
    header = {
        "kind": "recording",
        "commit": "0" * 40,
        "environment": "made up",
        "machine": "none",
        "benchmarks": [{"name": name} for name in NAMES],
    }
    lines = [
        {
            "round": number,
            "name": name,
            "installation": number % 2,
            "seconds": 1.0,
            "d": rng.normal(bias if name == NAMES[0] else 0.0, noise),
        }
        for number in range(rounds)
        for name in NAMES
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in [header, *lines]))
    return recording.load(path)


def test_replay_counts_false_alarms(tmp_path: Path) -> None:
    replayed = replay(made_up(tmp_path), SETTINGS, runs=200, seed=1)
    assert replayed.alarms.count <= 3
    assert replayed.found == Rate(0, 0)
    assert 0 < replayed.seconds <= SETTINGS.budget


def test_replay_sees_a_gate_that_is_wrong(tmp_path: Path) -> None:
    """A recording in which head is slower is none of unchanged code: half of the runs, by their coin, say so."""
    replayed = replay(made_up(tmp_path, bias=0.1), SETTINGS, runs=100, seed=1)
    assert 30 <= replayed.alarms.count <= 70


def test_replay_finds_what_is_injected(tmp_path: Path) -> None:
    everyone = range(len(NAMES))
    replayed = replay(made_up(tmp_path), SETTINGS, runs=100, seed=1, injection=Injection(0.1, everyone))
    assert replayed.found.count >= 97
    assert replayed.wrong.count <= 3
    assert sum(rate.of for _, rate in replayed.by_noise) == 100
    noisy = replay(made_up(tmp_path, noise=0.2), SETTINGS, runs=100, seed=1, injection=Injection(0.02, everyone))
    assert noisy.found.count < 20


def test_replay_is_repeatable(tmp_path: Path) -> None:
    injection = Injection(0.03, range(len(NAMES)))
    one, two = (replay(made_up(tmp_path), SETTINGS, runs=30, seed=5, injection=injection) for _ in range(2))
    assert one == two


def test_a_recording_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="at least 32"):
        replay(made_up(tmp_path, rounds=20), SETTINGS, runs=1, seed=1)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"), [(0, 20, 0.0, 0.1684), (0, 300, 0.0, 0.0122), (95, 100, 0.8872, 0.9836)]
)
def test_intervals_are_clopper_and_pearsons(count: int, of: int, low: float, high: float) -> None:
    assert Rate(count, of).interval == pytest.approx((low, high), abs=1e-4)


def test_calibration_is_told_for_the_settings_that_it_was_made_with(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    calibration = calibrate.calibrate(made_up(tmp_path), SETTINGS, runs=20, seed=1, tell=lambda *_: None)
    calibrate.write(path, calibration)
    words = calibrate.words(path, SETTINGS)
    assert "false alarms in 0 of 20" in words
    assert "30 benchmarks" in words
    assert calibrate.words(path, Settings(alpha=0.05)) == ""
    assert calibrate.words(tmp_path / "none.json", SETTINGS) == ""
    for odd in ("[]", "null", "{", '{"replays": [1, 2]}', '{"replays": [{}, {}], "settings": {}}'):
        (tmp_path / "none.json").write_text(odd)
        assert calibrate.words(tmp_path / "none.json", SETTINGS) == "", "a report is not lost for it"
    assert len(calibrate.table(calibration)) == 2 + len(calibration["replays"])


def test_recording_goes_on_where_it_ended(thing: Path, tmp_path: Path) -> None:
    path = tmp_path / "recorded" / "recording.jsonl"
    request = ("record", str(path), "--commit", "base", "--bench", "Tracked.*ing|Tracked.*steady")
    first = asv_gate(thing, *request, "--pairs", "2")
    assert first.status == 0, first.said
    assert "has 4 of 4 pairs" in first.output
    content = path.read_bytes()

    path.write_bytes(content + b'{"round": 2, "name"')  # as a power cut leaves it
    stopped = asv_gate(thing, *request, "--pairs", "4", "--for", "0.001s")
    assert "has 4 of 8 pairs. The same command goes on." in stopped.output
    assert path.read_bytes() == content
    again = asv_gate(thing, *request[:2], "--bench", "Tracked.*ing|Tracked.*steady", "--pairs", "4")
    assert "has 8 of 8 pairs" in again.output
    assert path.read_bytes().startswith(content)

    recorded = recording.load(path)
    assert recorded.names == ["suite.Tracked.track_changing", "suite.Tracked.track_steady"]
    assert recorded.d.shape == (4, 2)
    assert recorded.installation.tolist() == [0, 1, 0, 1]
    assert not list(thing.glob(".asv-gate/scratch-*"))

    other = asv_gate(thing, *request[:3], "same", *request[4:])
    assert other.status == 2
    assert "another commit" in other.errors


def test_replay_and_calibrate_from_the_command_line(thing: Path, tmp_path: Path) -> None:
    path = str(made_up(tmp_path).path)
    replayed = asv_gate(thing, "replay", path, "--gates", "20", "--inject", "20%", "--budget", "5m")
    assert replayed.status == 0, replayed.said
    assert "found and named: 20 of 20: 100.00% (83.16% to 100.00%)" in replayed.output
    calibrated = asv_gate(thing, "calibrate", path, "--gates", "5", "--budget", "5m")
    assert calibrated.status == 0, calibrated.said
    try:
        run = asv_gate(thing, "run", "base", "same", "--bench", "Numbers", "--budget", "5m")
        assert "Calibrated on none with 30 benchmarks" in run.output
    finally:
        (thing / ".asv-gate" / "calibration.json").unlink()
