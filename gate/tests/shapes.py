"""A suite of benchmarks of all shapes that asv has, on a virtual clock or on the real one.

The virtual clock stands still but for calls. A call takes exactly what the suite says, so that the
number of asv and that of the gate can be compared exactly. `agreement.py` compares them on the real clock.
"""

from pathlib import Path

CLOCKS = {
    "virtual": """
import asv_runner.benchmarks.time as runner

now = 0.0
events = []


def clock():
    return now


def spend(milliseconds, what="call"):
    global now
    now += milliseconds / 1000
    events.append(what)


timer = runner.wall_timer = clock
""",
    "real": """
from timeit import default_timer as timer


def spend(milliseconds, what="call"):
    for _ in range(int(40_000 * milliseconds)):
        pass
""",
}

SUITE = '''
loaded = False


def first_call_dear(dear, quick):
    global loaded
    spend(quick if loaded else dear)
    loaded = True


def time_function():
    spend(1.1)


def time_slow():
    spend(60)


def time_function_with_setup():
    spend(1.1)


time_function_with_setup.setup = lambda: spend(0.4, "setup")


class Plain:
    def time_it(self):
        spend(0.003)


class WithSetup:
    """Each call sees what setup has just made, and what the first call makes of it."""

    def setup(self):
        spend(0.4, "setup")
        self.fresh = True

    def time_it(self):
        spend(1.1 if self.fresh else 0.1)
        self.fresh = False

    def teardown(self):
        spend(0.1, "teardown")


class MicroWithSetup:
    def setup(self):
        spend(0.0011, "setup")

    def time_it(self):
        spend(0.003)


class DearSetup:
    def setup(self):
        spend(30, "setup")

    def time_it(self):
        spend(0.5)


class Cached:
    def setup_cache(self):
        return {"milliseconds": 1.1}

    def time_it(self, cache):
        spend(cache["milliseconds"])


class CachedWithSetupAndParams:
    params = [[1, 2], ["a", "b"]]
    param_names = ["size", "kind"]

    def setup_cache(self):
        return {1: 1.1, 2: 2.2}

    def setup(self, cache, size, kind):
        self.milliseconds = cache[size] * (2 if kind == "b" else 1)
        spend(0.4, "setup")

    def time_it(self, cache, size, kind):
        spend(self.milliseconds)


class Params:
    params = [1, 2]

    def time_it(self, size):
        spend(1.1 * size)


class Number:
    number = 7

    def time_it(self):
        spend(1.1)


class NumberWithSetup(WithSetup):
    number = 7


class Repeat:
    repeat = 3

    def time_it(self):
        spend(1.1)


class RepeatTuple:
    repeat = (1, 3, 5.0)

    def time_it(self):
        spend(1.1)


class SampleTime:
    sample_time = 0.05

    def time_it(self):
        spend(1.1)


class WarmUp:
    """It is quick after 150 milliseconds, as what a compiler has got to."""

    warmup_time = 0.2
    called = 0

    def time_it(self):
        WarmUp.called += 1
        spend(1.1 if WarmUp.called > 50 else 3)


class EveryOther:
    """What only some calls do counts with its share."""

    called = 0

    def time_it(self):
        EveryOther.called += 1
        spend(1.7 if EveryOther.called % 2 else 0.5)


class NoWarmUp:
    warmup_time = 0

    def time_it(self):
        first_call_dear(5, 1.1)


class Rounds:
    rounds = 4
    min_run_count = 5

    def time_it(self):
        spend(1.1)


class Cold:
    warmup_time = 0
    number = repeat = 1

    def time_it(self):
        first_call_dear(5, 1.1)


class ColdWithSetup(Cold):
    number = 0

    def setup(self):
        spend(0.4, "setup")


class ColdTuple(Cold):
    repeat = (1, 1, 5.0)


class FirstThree(Cold):
    repeat = 3


class ColdBySetup:
    def setup(self):
        self.number = self.repeat = 1
        self.warmup_time = 0

    def time_it(self):
        first_call_dear(5, 1.1)
'''

RAW = """
class Raw:
    repeat = 2

    def timeraw_it(self):
        return "sum(range(100_000))"


class RawWithSetup:
    number = 3
    repeat = 2

    def timeraw_it(self):
        return "sum(numbers)", "numbers = range(100_000)"
"""

MODULE_SETUP = """
from .shapes import spend, timer


def setup(*args):
    spend(0.4, "setup")


def time_after_a_setup_of_the_module():
    spend(1.1)
"""


def write(folder: Path, clock: str) -> Path:
    """Make the suite in this folder."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "shapes.py").write_text(CLOCKS[clock] + SUITE)
    (folder / "raw.py").write_text(RAW)  # on the real clock, whatever the others are on
    (folder / "modules.py").write_text(MODULE_SETUP)
    return folder
