"""Many threads that open, run and close teams at the same time, or run one team at once; every answer is checked.

    PYTHON_GIL=0 python tests/stress.py [--rounds N] [--threads N] [--seed N] [--strategies NAME ...]

What goes wrong is printed, with the seed that chose it, and the exit status is then 1. A round is a
choice of workload, strategy, workers and start method, or of what is to be done with a team that the
threads share. Under a GIL the threads are made to switch as often as can be.
"""

import argparse
import contextlib
import faulthandler
import os
import random
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import kernels
from kernels.contract.loading import load_file
from kernels.machine import blas

# Small problems: what is tried is what threads share, which is around the work.
SIZES = {
    "polynomial": 2_000,
    "queens": 6,
    "cubes": 5_000,
    "parzen": 20,
    "triad": 4_096,
    "dgemm": 48,
    "histogram": 2**14,
    "counter": 500,
    "counter_merged": 5_000,
    "stencil": 24,
    "pipeline": 16,
    "sleep": 8,
}
# Not fork, after which a child of a process with threads may find a lock taken for ever, nor joblib,
# whose one pool for the whole process ends with the first team that is closed.
IN_PROCESS = ("serial", "threaded", "asyncio", "interpreters")
PROCESSES = ("pool", "shared", "process", "futures")
START_METHODS = ("forkserver", "forkserver", "forkserver", "spawn") if os.name == "posix" else ("spawn",)
BUSY = "this team is running in another thread"
CLOSED = "this team is closed"

FILE = """
from dataclasses import dataclass
from kernels import WrongAnswer
SIZES = {"S": 10, "M": 100, "L": 1000}
TABLE = [sum(range(n)) for n in range(2_000)]  # takes a while to import
@dataclass(frozen=True)
class Problem:
    first: int
    last: int
    def __len__(self): return self.last - self.first
def problem(size, seed=0): return Problem(0, SIZES.get(size, size))
def part(problem, lo, hi): return Problem(problem.first + lo, problem.first + hi)
def solve(problem): return sum(range(problem.first, problem.last))
def join(answers): return sum(answers)
def check(problem, answer):
    if answer != TABLE[problem.last]: raise WrongAnswer(f"not {answer}")
"""


@dataclass(frozen=True)
class Numbers:
    """The numbers ``first <= i < last``."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


class Mine:
    """A workload that is defined in __main__, which the workers import for it."""

    SIZES: ClassVar[dict[str, int]] = {"S": 100}

    def problem(self, size: int, seed: int = 0) -> Numbers:
        return Numbers(0, size)

    def part(self, problem: Numbers, lo: int, hi: int) -> Numbers:
        return Numbers(problem.first + lo, problem.first + hi)

    def solve(self, problem: Numbers) -> int:
        return sum(range(problem.first, problem.last))

    def join(self, answers: list[int]) -> int:
        return sum(answers)

    def check(self, problem: Numbers, answer: int) -> None:
        if answer != problem.last * (problem.last - 1) // 2:
            raise kernels.WrongAnswer(f"not {answer}")


class Stress:
    """What all threads share, and what they have found."""

    def __init__(self, threads: int, strategies: list[str], folder: Path) -> None:
        self.threads, self.strategies, self.folder = threads, strategies, folder
        self.done: Counter[str] = Counter()
        self.found: list[str] = []
        self._lock = threading.Lock()

    def all_at_once(self, what: str, act: Callable[[int], str]) -> None:
        """Call it in every thread, with the thread's number, at the same moment; count what it returns."""
        barrier = threading.Barrier(self.threads)

        def run(number: int) -> None:
            barrier.wait()
            try:
                said = act(number)
            except BaseException:
                with self._lock:
                    self.found.append(f"{what}, thread {number}:\n{traceback.format_exc()}")
            else:
                with self._lock:
                    self.done[said] += 1

        threads = [threading.Thread(target=run, args=(number,)) for number in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def teams_of_their_own(self, seed: int) -> None:
        """Each thread opens, runs and closes a team, whichever its own random numbers choose."""

        def act(number: int) -> str:
            rng = random.Random(f"{seed} {number}")
            strategy = rng.choice(self.strategies)
            workloads: list[Any] = [name for name in SIZES if kernels.why_not(name, strategy) is None]
            workloads += [Mine()] * (3 * (strategy in PROCESSES))
            workload = rng.choice(workloads)
            start_method = rng.choice(START_METHODS)
            problem = kernels.problem(workload, SIZES.get(workload, 100), seed)
            workers = rng.randint(1, 3)
            with kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team:
                for _ in range(rng.randint(1, 3)):
                    team.check(team.run())
            return f"{strategy}: opened, run and closed"

        self.all_at_once(f"seed {seed}: teams of their own", act)

    def one_team(self, seed: int) -> None:
        """All run one team: each gets the right answer or is refused, and one of them closes it."""
        rng = random.Random(seed)
        workload = rng.choice(["polynomial", "queens"])  # whose answers are no arrays, which the next run fills anew
        strategy = rng.choice([name for name in self.strategies if kernels.why_not(workload, name) is None])
        closer, runs = rng.randrange(self.threads), rng.randint(3, 10)
        team = kernels.open(workload, strategy, workers=rng.randint(1, 3), size=SIZES[workload])

        def act(number: int) -> str:
            refused = 0
            for _ in range(runs):
                try:
                    team.check(team.run())
                except RuntimeError as error:
                    if not str(error).startswith((BUSY, CLOSED)):
                        raise
                    refused += 1
            if number == closer:
                while True:
                    with contextlib.suppress(RuntimeError):
                        team.close()
                        break
            return f"{strategy}: one team {'refused at times' if refused else 'never refused'}"

        self.all_at_once(f"seed {seed}: one team of {strategy}, {workload}", act)

    def one_file(self, seed: int) -> None:
        """All load a workload from a file that none has loaded before, and run it."""
        file = self.folder / f"workload_{seed}.py"
        file.write_text(FILE)
        modules: list[Any] = [None] * self.threads

        def act(number: int) -> str:
            modules[number] = load_file(file)
            kernels.run(modules[number], "threaded", workers=2, size=1_999)
            return "a workload's file loaded"

        self.all_at_once(f"seed {seed}: one file", act)
        if not self.found and len(set(map(id, modules))) != 1:
            self.found.append(f"seed {seed}: one file was loaded as several modules")

    def round(self, seed: int) -> None:
        before = self.environment()
        kind = random.Random(-seed).choice([self.teams_of_their_own] * 3 + [self.one_team] * 2 + [self.one_file])
        kind(seed)
        if self.environment() != before:
            self.found.append(f"seed {seed}: the environment was {before}, and now is {self.environment()}")

    @staticmethod
    def environment() -> dict[str, str]:
        """What teams set in it for as long as they start processes."""
        return {name: os.environ[name] for name in blas.VARIABLES if name in os.environ}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--strategies", nargs="+", default=[*IN_PROCESS, *PROCESSES])
    given = parser.parse_args()
    sys.setswitchinterval(1e-6)
    faulthandler.enable()
    strategies = [name for name in given.strategies if any(kernels.why_not(each, name) is None for each in SIZES)]
    with tempfile.TemporaryDirectory() as folder:
        stress = Stress(given.threads, strategies, Path(folder))
        for seed in range(given.seed, given.seed + given.rounds):
            stress.round(seed)
            if stress.found:
                break
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    print(f"{seed - given.seed + 1} rounds, {given.threads} threads, GIL {gil}")
    for said, count in sorted(stress.done.items()):
        print(f"{count:6} {said}")
    print("\n".join(stress.found), file=sys.stderr)
    left = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if left:
        print(f"threads are left: {left}", file=sys.stderr)
    return 1 if stress.found or left else 0


if __name__ == "__main__":
    sys.exit(main())
