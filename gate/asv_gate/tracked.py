"""What a ``track_`` benchmark returns: what asv_gate starts in a commit's environment, in place of asv's own run.

``python tracked.py BENCHMARK_DIR BENCHMARK_ID FILE``, with asv's runner and nothing else of ours. A
benchmark may return anything that Python has, and asv's run writes it as JSON, which has few of these.
FILE becomes JSON: ``{"number": text of a float}``, ``{"skipped": true}``, or ``{"refused": why}``.
"""

import contextlib
import json
import math
import os
import pickle
import reprlib
import sys
import warnings
from pathlib import Path
from typing import Any


def main(folder: str, name: str, file: str) -> None:
    """Run the benchmark once, as asv does."""
    sys.path[:0] = filter(None, os.environ.get("ASV_PYTHONPATH", "").split(os.pathsep))

    from asv_runner.benchmarks.mark import SkipNotImplemented
    from asv_runner.discovery import get_benchmark_from_name

    benchmark = get_benchmark_from_name(folder, name)
    if benchmark.setup_cache_key is not None:
        benchmark.set_cache(pickle.loads(Path("cache.pickle").read_bytes()))  # noqa: S301 - what its own setup_cache made
    answer: dict[str, Any] = {"skipped": True}
    skipped = benchmark.do_setup()
    try:
        if not skipped:
            with contextlib.suppress(SkipNotImplemented):
                answer = as_number(benchmark.do_run())
    finally:
        benchmark.do_teardown()
    Path(file).write_text(json.dumps(answer), encoding="ascii")


def as_number(value: Any) -> dict[str, Any]:
    """A value as the floating-point number that it is, or why it is none.

    Numbers of NumPy's, Decimal and Fraction are converted; a text is none, even if it reads like one.
    """
    if isinstance(value, (str, bytes, bytearray)):
        return {"refused": f"gave {shown(value)}, which is no number"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy deprecates a number of several elements
            number = float(value)
    except OverflowError:
        return {"refused": f"gave a number too large to compare, of type {type(value).__name__}"}
    except Exception:
        return {"refused": f"gave {shown(value)}, which is no number"}
    if math.isnan(number):
        return {"refused": "gave NaN"}
    return {"number": repr(number)}


def shown(value: Any) -> str:
    """Some words of a value, whatever it is."""
    try:
        text = reprlib.repr(value)
    except Exception:
        text = ""
    return text or f"a {type(value).__name__}"


if __name__ == "__main__":
    if os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):  # as in sampler.py
        del sys.path[0]
    main(*sys.argv[1:])
