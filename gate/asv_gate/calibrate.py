"""The calibration of a machine: how often the gate is wrong, and what it finds, by replay of an A/A recording."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asv_gate.atomic import write_atomic
from asv_gate.decide import Settings
from asv_gate.recording import Recording
from asv_gate.replay import Injection, Rate, Replayed, replay

SLOWDOWNS = (0.05, 0.10, 0.20)
QUIET = 0.03  # the pair noise up to which a benchmark's slowdowns are expected to be found


def calibrate(
    recording: Recording, settings: Settings, *, runs: int, seed: int, tell: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """False alarms, and the power for each slowdown: of one benchmark, of several, of all."""
    everyone = list(range(len(recording.names)))
    quiet = [i for i in everyone if recording.noise[i] <= QUIET]

    def some(words: str, injection: Injection | None) -> dict[str, Any]:
        replayed = replay(
            recording, settings, runs=runs, seed=seed, injection=injection, tell=lambda done, of: tell(words, done, of)
        )
        return entry(words, replayed)

    entries = [some("unchanged code", None)]
    for slowdown in SLOWDOWNS:
        entries.append(some(f"+{slowdown:.0%} in one benchmark", Injection(slowdown, everyone)))
        if quiet and len(quiet) < len(everyone):
            words = f"+{slowdown:.0%} in one benchmark of pair noise up to {QUIET:.0%}"
            entries.append(some(words, Injection(slowdown, quiet)))
    several = min(5, len(everyone))
    entries.append(some(f"+10% in {several} benchmarks", Injection(0.1, everyone, several)))
    entries.append(some("+5% in all benchmarks", Injection(0.05, everyone, len(everyone))))
    return {
        "recording": recording.path.name,
        "commit": recording.header["commit"],
        "environment": recording.header["environment"],
        "machine": recording.header["machine"],
        "benchmarks": len(recording.names),
        "rounds": len(recording.d),
        "settings": asdict(settings),
        "seed": seed,
        "replays": entries,
    }


def entry(words: str, replayed: Replayed) -> dict[str, Any]:
    """As JSON has it; intervals are 95 %, exact."""
    return {
        "case": words,
        "alarms": rate(replayed.alarms),
        "wrong": rate(replayed.wrong),
        "found": rate(replayed.found),
        "found_by_noise": {name: rate(found) for name, found in replayed.by_noise},
        "unsettled": rate(replayed.unsettled),
        "seconds": round(replayed.seconds, 1),
    }


def rate(of: Rate) -> dict[str, Any]:
    return {"count": of.count, "of": of.of, "interval": list(of.interval)}


def as_rate(entry: dict[str, Any]) -> Rate:
    return Rate(entry["count"], entry["of"])


def write(path: Path, calibration: dict[str, Any]) -> None:
    write_atomic(path, json.dumps(calibration, indent=1) + "\n")


def words(path: Path, settings: Settings) -> str:
    """What a run may say of itself: nothing where the calibration was of other settings."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        unchanged, one = found["replays"][0], found["replays"][1]
        same = {key: found["settings"].get(key) for key in ("alpha", "threshold")}
        if same != {"alpha": settings.alpha, "threshold": settings.threshold}:
            return ""
        budget, alarms = found["settings"]["budget"] / 60, as_rate(unchanged["alarms"])
        return (
            f"Calibrated on {found['machine']} with {found['benchmarks']} benchmarks and a budget of {budget:g} min: "
            f"false alarms in {alarms} of runs; {one['case']} is found in {as_rate(one['found'])}."
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # not a file of ours, or not whole
        return ""


def table(calibration: dict[str, Any]) -> list[str]:
    """As Markdown, for docs/gate.md."""
    head = "| case | runs with an alarm | named wrongly | found |"
    lines = [head, "| --- | --- | --- | --- |"]
    for each in calibration["replays"]:
        found = str(as_rate(each["found"])) if each["found"]["of"] else "-"
        lines.append(f"| {each['case']} | {as_rate(each['alarms'])} | {as_rate(each['wrong'])} | {found} |")
    return lines
