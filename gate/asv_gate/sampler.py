"""A benchmark that takes a sample whenever it is told to: what asv_gate starts in a commit's environment.

``python sampler.py BENCHMARK_DIR BENCHMARK_ID``, with asv's runner and nothing else of ours. It sets
the benchmark up and writes a line of JSON: true, or null where the benchmark skips itself. For every
line on its standard input, of attributes that replace the benchmark's own, it runs the benchmark as
asv does, and writes what came of it; "turn" among them is the number of a turn, which begins on a CPU
of its own. It ends with its input.
"""

import contextlib
import json
import os
import pickle
import sys
from pathlib import Path
from typing import IO, Any


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
        say(answers, None if skipped else True)
        for question in questions:
            attributes = json.loads(question)
            if (turn := attributes.pop("turn", None)) is not None:
                begin_on(turn)
            vars(benchmark).update(attributes)
            try:
                answer = benchmark.do_run()
            except SkipNotImplemented:
                answer = None
            say(answers, answer)
    finally:
        benchmark.do_teardown()


def begin_on(turn: int) -> None:
    """Move to the CPU whose turn it is, and be free to be moved from there.

    A process stays on the CPU that it is on, and of a virtual machine's CPUs one may be slower for minutes.
    """
    if hasattr(os, "sched_setaffinity"):
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {usable[turn % len(usable)]})
        os.sched_setaffinity(0, usable)


def say(answers: IO[str], answer: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked is no more: our input ends too
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):  # else our folder comes first, and hides modules of the suite's
        del sys.path[0]
    main(*sys.argv[1:])
