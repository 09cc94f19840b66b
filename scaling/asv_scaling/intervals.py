"""The intervals of results in the graphs that ``asv publish`` has written, as asv-tachyon's shell reads them.

A point of a graph is ``[revision, value]``, and of a benchmark with parameters ``[revision, [value, ...]]``. As an
extended point, a value is ``{"v": value, "lo": ..., "hi": ...}``. asv's own page does not read these: ``asv publish``
writes its graphs anew.
"""

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asv_scaling import results
from asv_scaling.results import Run, Warn

LOW, HIGH = "stats_ci_99_a", "stats_ci_99_b"


def extended(html: Path, folder: Path, warn: Warn) -> dict[Path, bytes]:
    """The files of the graphs that get intervals, with their new content; a warning for results that cannot be read.

    `html` is the published site, and `folder` has the results that it is of. A point gets an interval where one file
    of results is all that it is of. Raises ValueError where there is no published site, and Unreadable.
    """
    try:
        index = json.loads((html / "index.json").read_bytes())
    except FileNotFoundError:
        raise ValueError(f"{html} is no published site: asv publish makes it") from None
    revisions = {commit: int(revision) for revision, commit in index["revision_to_hash"].items()}
    found: dict[Path, dict[int, Any]] = {}
    for run, params in _runs(folder, warn):
        for shown in index["graph_param_list"]:
            if run.commit in revisions and _is_of(shown, params):
                for name, benchmark in index["benchmarks"].items():
                    path = _path(html, shown, name)
                    if name in run.results and path.exists():
                        points = found.setdefault(path, dict(json.loads(path.read_bytes())))
                        _extend(points, revisions[run.commit], run, name, benchmark)
    return {path: json.dumps([*points.items()], separators=(",", ":")).encode() for path, points in found.items()}


def count(content: bytes) -> int:
    """How many intervals a graph has."""
    return content.count(b'"lo":')


def _runs(folder: Path, warn: Warn) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Each run, and the parameters that asv names its graphs by."""
    for machine in results.machines(folder, warn):
        for path in results.paths(machine):
            try:
                run, raw = results.read(path), results.load(path, results.RESULTS_VERSION)
            except results.Unreadable as error:
                warn(str(error))
            else:
                variables = {f"env-{key}": value for key, value in (raw.get("env_vars") or {}).items()}
                yield (
                    run,
                    {key: "" if value is None else value for key, value in {**raw["params"], **variables}.items()},
                )


def _is_of(shown: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether a graph is of a run with these parameters: it has None for what another run has and this has not."""
    return all(params.get(key) == value for key, value in shown.items() if key != "branch")


def _path(html: Path, shown: Mapping[str, Any], name: str) -> Path:
    from asv.graph import Graph

    return html / f"{Graph.get_file_path(shown, name)}.json"


def _extend(points: dict[int, Any], revision: int, run: Run, name: str, benchmark: Mapping[str, Any]) -> None:
    """Replace the values of a revision that are the run's, and for which it has an interval."""
    if revision not in points or run.column(name, "version") not in (None, benchmark.get("version")):
        return
    keys = [*itertools.product(*(run.column(name, "params") or []))]
    columns = [run.column(name, column) or [None] * len(keys) for column in ("result", LOW, HIGH)]
    if any(not isinstance(column, list) or len(column) != len(keys) for column in columns):
        return
    bounds = dict(zip(keys, zip(*columns, strict=True), strict=True))
    if not benchmark["params"]:
        points[revision] = _value(points[revision], bounds.get(()))
    elif isinstance(points[revision], list):
        shown = [*itertools.product(*benchmark["params"])]
        points[revision] = [_value(old, bounds.get(key)) for key, old in zip(shown, points[revision], strict=False)]


def _value(old: Any, bounds: tuple[Any, Any, Any] | None) -> Any:
    """A value with its interval, or as it was: where there is none, or where it is a mean of several runs."""
    if bounds is None or not all(_finite(each) for each in (old, *bounds)):
        return old
    value, low, high = bounds
    return {"v": old, "lo": low, "hi": high} if math.isclose(old, value, rel_tol=1e-9) else old


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
