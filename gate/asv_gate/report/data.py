"""The report as JSON; report/schema.json says what is in it."""

import json
import math
from typing import Any

from asv_gate.report.model import Report

VERSION = 3


def as_json(report: Report) -> str:
    return json.dumps(as_dict(report), indent=1, allow_nan=False) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """What is not known, and what has no bound, is null."""
    return {
        "version": VERSION,
        "status": int(report.status),
        "reason": report.reason,
        "project": report.project,
        "base": {
            "name": report.base,
            "commit": report.base_commit,
            "environment": report.base_environment or report.environment,
        },
        "head": {"name": report.head, "commit": report.head_commit, "environment": report.environment},
        "differences": [_object(each) for each in report.differences],
        "environment": report.environment,
        "machine": dict(report.machine),
        "settings": dict(report.settings),
        "seed": report.seed,
        "started": report.started,
        "seconds": round(report.seconds, 1),
        "building_seconds": round(report.building_seconds, 1),
        "detectable": _number(report.detectable),
        "suite": report.suite and _object(report.suite),
        "benchmarks": [_object(row) for row in (*report.changed, *report.unjudged, *report.unchanged)],
        "skipped": report.skipped,
        "broken": dict(report.broken),
        "warnings": list(report.warnings),
        "calibration": report.calibration,
    }


def _object(of: object) -> dict[str, Any]:
    return {key: _number(value) if isinstance(value, float) else value for key, value in vars(of).items()}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
