"""Numbers and sentences as all forms of the report have them."""

import math
from collections.abc import Callable, Iterator

from asv_gate.report.model import Report, Row

PREFIXES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
BYTES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes"))


def percent(fraction: float, digits: int = 1) -> str:
    return "-" if math.isnan(fraction) else "none" if math.isinf(fraction) else f"{fraction:.{digits}%}"


def change(row: Row) -> str:
    """The ratio with its interval, as changes: +5.1% (+4.2% to +6.0%); the difference where there is no ratio."""
    if math.isnan(row.ratio):
        difference = row.head - row.base
        return f"{difference:+.6g}" if math.isfinite(difference) and difference else "-"
    if math.isnan(row.low):
        return signed(row.ratio)
    low, high = (signed(bound) if 0 < bound < math.inf else "?" for bound in (row.low, row.high))
    return f"{signed(row.ratio)} ({low} to {high})"


def signed(ratio: float) -> str:
    """A ratio as a change, with as many digits as tell it from none."""
    return f"{ratio - 1:+.1%}" if abs(ratio - 1) >= 0.0005 or ratio == 1 else f"{ratio - 1:+.3%}"


def value(number: float, unit: str) -> str:
    """A value with its unit: 12.3 ms, 45.6 MiB."""
    if math.isnan(number):
        return "-"
    for name, scales in (("seconds", PREFIXES), ("bytes", BYTES)):
        if unit == name and math.isfinite(number):
            scale, prefix = next((each for each in scales if abs(number) >= each[0]), scales[-1])
            return f"{number / scale:.4g} {prefix}"
    return f"{number:.6g} {'' if unit == 'unit' else unit}".strip()


def values(row: Row) -> tuple[str, str]:
    """Base's and head's; with more digits, where they would look alike and are not."""
    base, head = value(row.base, row.unit), value(row.head, row.unit)
    if base == head and abs(row.base - row.head) > 0 and row.unit not in {"seconds", "bytes"}:
        return f"{row.base!r}", f"{row.head!r}"
    return base, head


def verdict(row: Row) -> str:
    return f"{row.verdict}: {row.note}" if row.note else row.verdict


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def folded(rows: list[Row]) -> str:
    """The unchanged in a line, with what could have been detected in them."""
    least = [row.detectable for row in rows if not math.isnan(row.detectable)]
    words = f"No change was seen in {count(len(rows), 'benchmark')}"
    if not least:
        return f"{words}."
    low, high = percent(min(least)), percent(max(least))
    if math.isinf(max(least)):
        return f"{words}; in {sum(map(math.isinf, least))} of them any slowdown could have been missed."
    span = low if low == high else f"{low} to {high}"
    return f"{words}; the smallest slowdown that could be detected in each is {span}."


def sides(report: Report, code: Callable[[str], str] = str, plain: Callable[[str], str] = str) -> tuple[str, str]:
    """What is compared, in a few words, and all that base and head are.

    Parameters
    ----------
    report
        A run.
    code, plain
        How the form writes a name that the user gave, and other texts.

    """
    base = f"{code(report.base)} ({report.base_commit[:8]})"
    head = f"{code(report.head)} ({report.head_commit[:8]})"
    if not report.differences:
        return f"{report.base} to {report.head}", f"{base} to {head}, {plain(report.environment)}"
    differing = ", ".join(plain(str(each)) for each in report.differences)
    environments = plain(f"{report.base_environment} to {report.environment}")
    if report.base_commit == report.head_commit:
        return differing, f"{differing}; {head} on both sides; {environments}"
    return f"{report.base} to {report.head}, {differing}", f"{base} to {head}, and {differing}; {environments}"


BROKEN_MOST = 10  # benchmarks whose output is shown, where they fail in head
NAMED_MOST = 5  # of the rest, by name


def notes(report: Report) -> Iterator[str]:
    """What a reader must know besides the benchmarks: a line each, and below it what a program has printed."""
    if report.suite is not None:
        change = signed(report.suite.ratio)
        yield f"Suite result: {report.suite.verdict} ({change} over {count(report.suite.pairs, 'pair')})."
    if report.skipped:
        yield f"Skipped on both sides: {count(report.skipped, 'benchmark')}."
    for number, (name, error) in enumerate(report.broken.items()):
        if number == BROKEN_MOST:  # a summary on GitHub has 1 MiB; report.json has all
            names = ", ".join(list(report.broken)[number:][:NAMED_MOST])
            more = len(report.broken) - number
            yield f"{count(more, 'benchmark')} more fail in head: {names}{', ...' if more > NAMED_MOST else ''}."
            break
        yield f"{name} fails in head:\n{error}"
    yield from report.warnings
    if report.suite is not None or any(row.pairs and not math.isnan(row.detectable) for row in report.rows):
        alpha = percent(report.settings["alpha"])
        alike = "environments that are equally fast" if report.differences else "unchanged code"
        yield (
            f"False alarms among what was judged by statistics: in at most {alpha} of runs on {alike}. "
            f"What could be detected is meant with a probability of 90 %."
        )
    if report.calibration:
        yield report.calibration
    building = f", of which {duration(report.building_seconds)} for building" if report.building_seconds >= 1 else ""
    yield f"The run took {duration(report.seconds)}{building}."


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
