"""A benchmark that takes a sample whenever it is told to: what asv_gate starts in a commit's environment.

``python sampler.py BENCHMARK_DIR BENCHMARK_ID``, with asv's runner and nothing else of ours. It sets
the benchmark up and writes a line of JSON: ``{"cold": false}``, or null where the benchmark skips
itself. It answers each line on its standard input, and ends with its input:

- ``{"warm_up": null}`` warms up as long as the suite says, and answers with the number of calls that
  are timed at once. A number in place of null is used instead.
- ``{"sample": 3, "number": 7}`` takes the fourth sample, in which seven calls are timed at once again
  and again, and answers with the seconds of a call.

All calls are made by asv's runner, with the setup before them that ``asv run`` would run.
"""

import contextlib
import json
import os
import pickle
import sys
from pathlib import Path
from typing import IO, Any

WARM_UP_SECONDS = 0.05  # where the suite leaves it to asv, whose own 0.1 s bring no less noise
SAMPLE_SECONDS = 0.01
MANY = 1_000_000
FIRST = 10  # a process that has just moved to another CPU first makes this part of a sample's calls, to warm up


def main(folder: str, name: str) -> None:
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)  # the benchmark and its workers may not read what is ours,
    os.dup2(2, 1)  # nor write between our lines
    sys.path[:0] = filter(None, os.environ.get("ASV_PYTHONPATH", "").split(os.pathsep))

    from asv_runner.benchmarks.mark import SkipNotImplemented
    from asv_runner.discovery import get_benchmark_from_name

    benchmark = get_benchmark_from_name(folder, name)
    if benchmark.setup_cache_key is not None:
        benchmark.set_cache(pickle.loads(Path("cache.pickle").read_bytes()))  # noqa: S301 - what its own setup_cache made
    skipped = benchmark.do_setup()
    try:
        say(answers, None if skipped else {"cold": is_cold(benchmark)})
        for question in questions:
            asked = json.loads(question)
            try:
                answer = sample(benchmark, **asked) if "sample" in asked else warm_up(benchmark, asked["warm_up"])
            except SkipNotImplemented:
                answer = None
            say(answers, answer)
    finally:
        benchmark.do_teardown()


def is_cold(benchmark: Any) -> bool:
    """Whether the suite says which calls of a fresh process are timed, from the first: it is not warmed up then."""
    repeat = benchmark.repeat
    fixed = repeat[0] == repeat[1] if isinstance(repeat, (tuple, list)) else repeat > 0
    return bool(fixed and benchmark.warmup_time == 0)


def warm_up(benchmark: Any, number: "int | None") -> Any:
    seconds = benchmark.warmup_time
    if seconds < 0 and sys.implementation.name == "cpython":
        seconds = WARM_UP_SECONDS
    return run(benchmark, number=number or benchmark.number, repeat=(1, 1, 0), warmup_time=seconds)["number"]


def sample(benchmark: Any, sample: int, number: int) -> Any:
    """The median of what fills the seconds of a sample; fewer calls at once would hide what only some of them do."""
    begin_on(sample)
    if number >= FIRST:
        run(benchmark, number=number // FIRST, repeat=1, warmup_time=0)
    return median(run(benchmark, number=number, repeat=(1, MANY, SAMPLE_SECONDS), warmup_time=0)["samples"])


def run(benchmark: Any, **attributes: Any) -> Any:
    """What asv's runner makes of the benchmark with these attributes in place of its own."""
    vars(benchmark).update(attributes, min_run_count=1)
    return benchmark.do_run()


def median(samples: "list[float]") -> float:
    """As in statistics, which is not imported into a benchmark's process for it."""
    ordered = sorted(samples)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2


def begin_on(sample: int) -> None:
    """Move to the CPU that is next, and be free to be moved from there.

    A process stays on the CPU that it is on, and of a virtual machine's CPUs one may be slower for minutes.
    """
    with contextlib.suppress(AttributeError, OSError):  # not every system has it, and a container may forbid it
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {usable[sample % len(usable)]})
        os.sched_setaffinity(0, usable)


def say(answers: IO[str], answer: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked is no more: our input ends too
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # Python puts our folder first, where ours would hide a `pair` that the suite imports. asv does the same: to
    # switch it off, -P takes Python 3.11, and PYTHONSAFEPATH would change what a benchmark starts.
    if os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]
    main(*sys.argv[1:])
