r"""What a suite says of how single benchmarks are to be judged.

In ``asv.conf.json``, by regular expression, or as an attribute of a benchmark, its class or its module::

    "asv_gate": {"time_import": {"threshold": "10%"}, "^noisy\\.": {"excluded": true}}

    def track_throughput(): ...
    track_throughput.asv_gate = {"larger_is_better": True}

The first stand above the second; of several expressions that are found in a name, the later stand above the earlier.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from asv_gate.asvlink import Benchmark, Suite
from asv_gate.errors import GateError

KEYS = ("threshold", "excluded", "larger_is_better", "cold")
# Of a rate, such as ops/s, MB/sec, frames per second, GFLOPS and Hz; "s/op" is a time.
RATE = re.compile(
    r"(/|\bper )\s*(s|secs?|seconds?|min|minutes?|h|hours?)\b|\b([kmgt]?(hz|flops?)|[fqrt]ps)$", re.IGNORECASE
)


def overridden(suite: Suite, benchmarks: Iterable[Benchmark]) -> list[Benchmark]:
    """The benchmarks with all that is said of each.

    Raises
    ------
    GateError
        For an override that is none.

    """
    rules = [(_pattern(text), _checked(said, f"asv_gate in asv.conf.json: {text}")) for text, said in _rules(suite)]
    return [_overridden(benchmark, rules) for benchmark in benchmarks]


def is_rate(unit: str) -> bool:
    """Whether more of this unit is better."""
    return RATE.search(unit.strip()) is not None


def _overridden(benchmark: Benchmark, rules: list[tuple[re.Pattern[str], dict[str, Any]]]) -> Benchmark:
    said: dict[str, Any] = {"larger_is_better": benchmark.type == "track" and is_rate(benchmark.unit)}
    said |= _checked(benchmark.said, f"asv_gate of {benchmark.name}")
    for pattern, rule in rules:
        if pattern.search(benchmark.name):
            said |= rule
    return replace(benchmark, **said)


def _rules(suite: Suite) -> list[tuple[str, Any]]:
    if not isinstance(suite.overrides, Mapping):
        raise GateError(f"asv_gate in asv.conf.json must be an object of regular expressions, not {suite.overrides!r}")
    return list(suite.overrides.items())


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise GateError(f"asv_gate in asv.conf.json: {text!r} is no regular expression: {error}") from None


def _checked(said: Any, where: str) -> dict[str, Any]:
    if not isinstance(said, Mapping):
        raise GateError(f"{where} must be an object with {', '.join(KEYS)}, not {said!r}")
    checked: dict[str, Any] = {}
    for key, value in said.items():
        if key not in KEYS:
            raise GateError(f"{where} must have none but {', '.join(KEYS)}, not {key!r}")
        if key == "threshold":
            checked[key] = _fraction(value, where)
        elif isinstance(value, bool):
            checked[key] = value
        else:
            raise GateError(f"{where}: {key} must be true or false, not {value!r}")
    return checked


def _fraction(value: Any, where: str) -> float:
    """``0.05``, or ``"5%"``."""
    text = str(value).strip()
    try:
        fraction = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        fraction = math.nan
    if isinstance(value, bool) or not 0 <= fraction < math.inf:
        raise GateError(f"{where}: threshold must be like 0.05 or '5%', not {value!r}")
    return fraction
