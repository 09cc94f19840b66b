"""A function and its items are compared like a workload, and what is advised gives the same answer."""

import itertools
import json
import multiprocessing
import operator
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import loops
import numpy as np
import pytest
import ways

import kernels
from kernels.__main__ import main
from kernels.comparing import chart
from kernels.comparing.plan import Configuration
from kernels.loops import advice, answers, naming
from kernels.loops.loop import Loop, make
from kernels.loops.sample import every, listed
from kernels.loops.trial import tried

TESTS = Path(__file__).parent
QUICK: dict[str, Any] = {"workers": [2], "rounds": 1, "warmup": 0}
SHELL = ["--workers", "2", "--rounds", "1", "--warmup", "0"]

KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "numbers": (loops.square, range(20), {}),
    "list": (loops.square, loops.SEEDS, {}),
    "rows": (loops.row, range(20), {}),
    "array": (loops.total, loops.GRID, {}),
    "rows of an array": (loops.doubled, loops.GRID, {}),
    "vectorized": (loops.doubled, loops.GRID, {"vectorized": True}),
    "sum": (loops.half, range(20), {"reduce": sum}),
    "reduced": (loops.square, range(20), {"reduce": operator.add}),
    "reduced by a function of mine": (loops.half, range(20), {"reduce": loops.add}),
    "vectorized sum": (loops.all_of, loops.GRID, {"vectorized": True, "reduce": sum}),
}

OF_ENGINES = ("rows of an array", "reduced by a function of mine")  # kinds on which engines are tried, which take time


def loop_of(kind: str, **more: Any) -> Loop:
    function, items, given = KINDS[kind]
    asked: dict[str, Any] = {"reduce": None, "check": None, "rtol": None, "vectorized": False, "chunk": None}
    sequence, _ = listed(items, given.get("vectorized", False))
    return tried(function, sequence, **asked | given | more, most_workers=2, limit=60.0, give_up=None).loop


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("kind", "strategy"),
    [
        (kind, strategy)
        for kind in KINDS
        for strategy in ways.STRATEGIES
        if strategy not in ways.ENGINES or kind in OF_ENGINES
    ],
)
def test_every_strategy_gives_the_answer_of_serial(kind: str, strategy: str) -> None:
    loop = loop_of(kind)
    ways.need(loop, strategy)
    problem = loop.problem(len(loop.sample))
    kernels.run(loop, strategy, workers=2, problem=problem)  # which checks it


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(("strategy", "start_method"), ways.PROCESSES)
def test_every_start_method_does(strategy: str, start_method: str | None) -> None:
    loop = loop_of("rows of an array")
    ways.need(loop, strategy)
    kernels.run(loop, strategy, workers=2, problem=loop.problem(20), start_method=start_method)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("chunk", [1, 3, 100])
@pytest.mark.parametrize("strategy", ["threaded", "pool", "shared"])
def test_chunks_have_as_many_items_as_was_asked_for(chunk: int, strategy: str) -> None:
    loop = loop_of("rows of an array", chunk=chunk)
    kernels.run(loop, strategy, workers=2, problem=loop.problem(20))


def test_a_wrong_answer_is_found() -> None:
    loop = loop_of("rows")
    right = loop.solve(loop.problem(20))
    loop.check(loop.problem(20), right)
    with pytest.raises(kernels.WrongAnswer, match=r"at 0 .* elements differ"):
        loop.check(loop.problem(20), [each + 1 for each in right])


def test_a_check_may_answer_with_a_truth_of_numpys() -> None:
    with pytest.raises(kernels.Failed, match="check refused the answer"):
        kernels.compare(loops.square, range(20), strategies=["threaded"], check=loops.truth_of_numpy, **QUICK)


@pytest.mark.parametrize("strategy", ["process", "dask_threaded"])
def test_a_process_for_each_worker_and_a_task_for_each_chunk(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a chunk of one item, a process for each chunk would be one for each item, all at once."""
    loop = loop_of("numbers", chunk=1)
    ways.need(loop, strategy)
    parts: list[tuple[int, int]] = []

    def part(self: Loop, problem: Any, lo: int, hi: int, /) -> Any:
        parts.append((lo, hi))
        return type(problem)(problem.items[lo:hi])

    monkeypatch.setattr(Loop, "part", part)
    kernels.run(loop, strategy, workers=2, problem=loop.problem(20))
    assert len(set(parts)) == (2 if strategy == "process" else 20)


def test_an_array_is_cut_as_views() -> None:
    loop = loop_of("vectorized")
    part = loop.part(loop.problem(20), 3, 5)
    assert np.shares_memory(part.items, loops.GRID)
    assert part.items.tolist() == loops.GRID[3:5].tolist()


@pytest.mark.parametrize(
    ("one", "other", "rtol", "same"),
    [
        (1, 1, 0, True),
        (1.0, 1.0 + 1e-12, 0, False),
        (1.0, 1.0 + 1e-12, 1e-9, True),
        (float("nan"), float("nan"), 0, True),
        ([1, float("nan")], [1, float("nan")], 0, True),
        ([1, 2], [1, 2, 3], 0, False),
        ((1, 2), [1, 2], 0, True),
        ({"a": 1.0}, {"a": 1.0}, 0, True),
        ({"a": 1.0}, {"b": 1.0}, 0, False),
        (np.arange(3), np.arange(3), 0, True),
        (np.arange(3), np.arange(3.0), 0, False),
        ([np.ones(2), np.ones(2)], np.ones((2, 2)), 0, True),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.ones(3)], 0, True),
        (np.array([1, np.nan]), np.array([1, np.nan]), 0, True),
        (np.array([1, 2.0]), np.array([1, 3.0]), 1e-9, False),
        (None, None, 0, True),
        ("a", "b", 0, False),
        (True, 1, 0, True),
        (Configuration("pool", 2), Configuration("pool", 2), 0, True),
        (object, list, 0, False),
    ],
    ids=repr,
)
def test_what_is_the_same_answer(one: Any, other: Any, rtol: float, same: bool) -> None:
    assert (answers.difference(one, other, rtol) is None) is same


def test_objects_that_do_not_say_what_is_equal_are_compared_by_their_pickles() -> None:
    class_without = type("Plain", (), {"__reduce__": lambda self: (str, (self.text,))})
    one, same, other = class_without(), class_without(), class_without()
    one.text, same.text, other.text = "a", "a", "b"
    assert answers.difference(one, same) is None
    assert answers.difference(one, other) is not None


def test_a_sample_is_from_all_over_the_items() -> None:
    assert list(every(range(100), 4)) == [0, 25, 50, 75]
    assert list(every(range(10), 20)) == list(range(10))
    assert every(np.arange(100), 4).flags.contiguous


# What is advised.

PROGRAMS = [(kind, strategy) for kind in KINDS for strategy in advice.SIMPLEST if strategy != "interpreters"]


@pytest.mark.parametrize(("kind", "strategy"), PROGRAMS)
def test_what_is_advised_gives_the_same_answer(kind: str, strategy: str, tmp_path: Path) -> None:
    if (reason := kernels.why_not("polynomial", strategy)) is not None:
        pytest.skip(reason)
    function, items, _ = KINDS[kind]
    loop = loop_of(kind)
    at = {id(loops.GRID): "loops:GRID", id(loops.SEEDS): "loops:SEEDS"}.get(id(items), "range(20)")
    names = naming.Names.of(function, None, f"loops:{function.__name__}", at)
    workers = None if strategy == "serial" else 2
    written = advice.program(loop, Configuration(strategy, workers), names, kernels.default_start_method(), 1e-6)
    checked = "answers" if written.endswith("\n") else ""
    test = f'\nif __name__ == "__main__":\n    import pickle\n    print(pickle.dumps({checked}).hex())\n'
    file = tmp_path / "program.py"
    file.write_text(written + test)
    done = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, env=environment(), check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), written
    import pickle

    loop.check(loop.problem(20), pickle.loads(bytes.fromhex(done.stdout)))  # noqa: S301 - our own


ODD: dict[str, tuple[Any, Any, dict[str, Any], str | None, str | None]] = {
    "a name that the program has itself": (loops.part, range(20), {}, "loops:part", "range(20)"),
    "a static method": (loops.Doubling.two, range(20), {}, None, "range(20)"),
    "items that are an iterator": (loops.square, loops.seeds(), {}, "loops:square", "loops:seeds"),
    "vectorized over a range": (loops.doubled, range(20), {"vectorized": True}, "loops:doubled", "range(20)"),
    "vectorized over a list": (loops.doubled, [1, 2, 3], {"vectorized": True}, "loops:doubled", "[1, 2, 3]"),
    "reduced by what is built in": (loops.square, range(20), {"reduce": max}, "loops:square", "range(20)"),
}


@pytest.mark.parametrize("strategy", ["serial", "threaded", "pool", "futures", "shared"])
@pytest.mark.parametrize("kind", ODD)
def test_what_is_advised_runs_whatever_functions_and_items_are(kind: str, strategy: str, tmp_path: Path) -> None:
    function, items, given, function_at, items_at = ODD[kind]
    vectorized = given.get("vectorized", False)
    asked: dict[str, Any] = {"reduce": None, "check": None, "rtol": None, "vectorized": False, "chunk": None}
    kept = isinstance(items, (list, range))
    sequence, _ = listed(items if kept else loops.seeds(), vectorized)
    loop = tried(function, sequence, **asked | given, most_workers=2, limit=60.0, give_up=None).loop
    names = naming.Names.of(function, None, function_at, items_at, is_listed=kept)
    workers = None if strategy == "serial" else 2
    written = advice.program(loop, Configuration(strategy, workers), names, kernels.default_start_method(), 1e-6)
    file = tmp_path / "program.py"
    file.write_text(
        f'{written}\nif __name__ == "__main__":\n    import pickle\n    print(pickle.dumps(answers).hex())\n'
    )
    done = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, env=environment(), check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), written
    import pickle

    loop.check(loop.problem(len(sequence)), pickle.loads(bytes.fromhex(done.stdout)))  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("function", "place", "called", "lines"),
    [
        (loops.square, None, "square", "from loops import square"),
        (loops.square, "a/my_loop.py:square", "square", "from my_loop import square"),
        (loops.square, "a/my-loop.py:square", "square", "# square: the one that was compared"),
        (loops.part, None, "part_", "from loops import part as part_"),
        (loops.Doubling.two, None, "Doubling.two", "from loops import Doubling"),
        (loops.Doubling().bound, None, "bound", "# bound: the one that was compared"),
        (lambda n: n, None, "reduce", "# reduce: the one that was compared"),
        (operator.add, None, "add", "from operator import add"),
        (max, None, "max", ""),
    ],
)
def test_a_function_is_imported_where_it_can_be(function: Any, place: str | None, called: str, lines: str) -> None:
    assert naming.of_function(function, place, "reduce") == naming.Name(called, lines)


def test_the_chunks_that_were_measured_are_advised_where_answers_are_reduced_too() -> None:
    loop, names = loop_of("sum"), naming.Names.of(loops.half, range(20))
    written = advice.program(loop, Configuration("pool", 2, 3), names, "spawn", 1.0)
    assert "pool.map(part, chunks, chunksize=1)" in written


@pytest.mark.parametrize("kind", ["numbers", "rows", "array"])
def test_long_items_and_chunks_are_advised_as_they_were_measured(kind: str, tmp_path: Path) -> None:
    function, _, _ = KINDS[kind]
    loop, names = loop_of(kind), naming.Names.of(function, range(20))
    for strategy in ("threaded", "pool", "futures", "shared"):
        long = advice.program(loop, Configuration(strategy, 2, 3), names, "spawn", 1.0)
        assert "3" in long or strategy == "threaded"
        compile(long, strategy, "exec")
    assert "executor.map(" in advice.program(loop, Configuration("threaded", 2), names, "spawn", 1.0)


@pytest.mark.parametrize(("pool", "advised"), [([1.04, 2.2, 3.12], "pool"), ([1.06, 2.04, 3.18], "shared")])
def test_strategies_are_weighed_within_a_round(pool: list[float], advised: str) -> None:
    """Of the first the medians are 10 % apart, and of the other 2 %; but the machine was not as fast in each round."""
    result = kernels.compare(loops.square, range(20), workers=[2], strategies=["pool", "shared"], rounds=3)
    times = {"serial": [9.0] * 3, "pool": pool, "shared": [1.0, 2.0, 3.0]}
    for samples in result.comparison.samples:
        samples.warm[:] = times[samples.configuration.strategy]
    assert result.advised.configuration.strategy == advised


def environment() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS), str(Path(kernels.__file__).parents[1])))}


# From Python, wherever it is run.

SCRIPT = """
import kernels

def cube(n):
    return n**3

given = {{"workers": [2], "strategies": ["threaded", "pool", "shared", "futures"], "rounds": 1}}
{guard}result = kernels.compare(cube, range(50), **given)
{guard}samples, left_out = result.comparison.samples, result.comparison.plan.left_out
{guard}print(sorted({{each.configuration.strategy for each in samples}}), left_out)
"""
RAN = "['futures', 'pool', 'serial', 'shared', 'threaded'] {}\n"


@pytest.mark.parametrize("guard", ["", "if __name__ == '__main__': "], ids=["without a guard", "with a guard"])
@pytest.mark.parametrize("how", ["script", "-m", "-c", "stdin"])
def test_a_function_of_the_script_is_compared(how: str, guard: str, tmp_path: Path) -> None:
    code = SCRIPT.format(guard=guard)
    (tmp_path / "script.py").write_text(code)
    command = {"script": ["script.py"], "-m": ["-m", "script"], "-c": ["-c", code], "stdin": ["-"]}[how]
    done = subprocess.run(
        [sys.executable, *command],
        input=code if how == "stdin" else "",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
        timeout=200,
    )
    assert (done.stdout, done.stderr, done.returncode) == (RAN, "", 0)


def test_blas_has_one_thread_also_where_a_fork_server_ran_before(tmp_path: Path) -> None:
    """It has not got the variables that are set when a team is opened."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("there is no fork server here")
    file = tmp_path / "script.py"
    file.write_text(
        """
import multiprocessing

import kernels
import loops
from kernels.loops.loop import make

if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        assert pool.map(loops.threads_of_blas, [0]) == [None]
    loop = make(loops.threads_of_blas, range(4), reduce=None, row=None)
    for strategy in ("process", "pool", "shared", "futures"):
        with kernels.open(loop, strategy, workers=2, problem=loop.problem(4), start_method="forkserver") as team:
            print(strategy, team.run())
    assert loops.threads_of_blas(0) is None
"""
    )
    plain = {name: value for name, value in environment().items() if name not in kernels.BLAS_VARIABLES}
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, env=plain, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [f"{strategy} ['1', '1', '1', '1']" for strategy in ("process", "pool", "shared", "futures")]
    assert done.stdout.splitlines() == lines


def test_what_a_script_does_before_is_not_seen_twice(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(guard="").replace("def cube", "print('once')\n\ndef cube"))
    done = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, env=environment(), check=False, timeout=200
    )
    assert (done.stdout, done.stderr) == (f"once\n{RAN}", "")


@pytest.mark.usefixtures("nothing_left")
def test_the_result_says_all_of_it() -> None:
    result = kernels.compare(loops.square, range(40), [2], rounds=8, warmup=0, strategies=["threaded", "pool"])
    text = str(result)
    assert text.startswith("square, all of the 40 items, ")
    assert "The answer of every run was compared with that of serial, exactly; nothing else was checked." in text
    assert str(result.verdict) in text
    assert result.table() in text
    assert all(f"    {line}".rstrip() in text for line in result.advice.splitlines())
    found = json.loads(json.dumps(result.to_dict()))
    assert [each["strategy"] for each in found["timings"]] == ["serial", "threaded", "pool"]
    assert (found["workload"], found["items"], found["advice"]["program"]) == ("square", 40, result.advice)
    shown = result._repr_html_()
    assert shown.count("<table>") == 1
    assert ("<svg" in shown) is chart.is_possible()


@pytest.mark.skipif(not chart.is_possible(), reason="charts need the extra plot")
def test_the_result_draws_a_chart(tmp_path: Path) -> None:
    result = kernels.compare(loops.square, range(40), strategies=["threaded"], **QUICK)
    assert result.plot(tmp_path / "chart.svg").to_dict()["title"]["text"] == "square, 40 items"
    assert "threaded, 2 workers" in (tmp_path / "chart.svg").read_text()


@pytest.mark.usefixtures("nothing_left")
def test_smaller_chunks_are_tried_where_items_take_unequal_times() -> None:
    result = kernels.compare(loops.uneven, range(40), strategies=["threaded"], **QUICK)
    chunks = [each.configuration.chunk for each in result.comparison.samples]
    assert chunks == [None, None, 2, 1]
    assert "chunk" in result.table()


def test_a_very_short_function_is_warned_of() -> None:
    result = kernels.compare(loops.square, range(2000), strategies=["threaded", "pool"], **QUICK)
    (warning,) = [note for note in result.notes if "too short" in note]
    assert "pool" in warning
    assert "METG" in warning


# From a shell.


def shell(*arguments: str) -> int:
    return main(["compare", *arguments, *SHELL])


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What main() sets for a process of its own is set already, and restored after each test."""
    for name in kernels.BLAS_VARIABLES:
        monkeypatch.setenv(name, "1")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("function", "items", "count"),
    [
        ("loops:square", "loops:SEEDS", 12),
        ("loops:square", "loops:seeds", 12),
        (f"{TESTS}/loops.py:square", f"{TESTS}/loops.py:SEEDS", 12),
        ("loops:square", "range(1, 30, 2)", 15),
        ("loops:square", "[1, 2, 3]", 3),
        ("math:sqrt", "range(4)", 4),
        ("loops:total", "loops:GRID", 20),
    ],
)
def test_a_function_is_named_in_a_shell(function: str, items: str, count: int, capsys: Any) -> None:
    assert shell(function, "--items", items, "--strategies", "pool", "shared", "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["items"], found["left_out"]) == (count, {})
    assert [each["strategy"] for each in found["timings"]] == ["serial", "pool", "shared"]


@pytest.mark.usefixtures("nothing_left")
def test_reduce_and_check_are_named_too(capsys: Any) -> None:
    given = ["loops:square", "--items", "range(20)", "--strategies", "pool"]
    assert shell(*given, "--reduce", "sum") == 0
    assert "answer" in capsys.readouterr().out
    assert shell(*given, "--check", "loops:squares_are_right") == 0
    assert "The answer of every run was checked by squares_are_right." in capsys.readouterr().out
    assert shell(*given, "--check", "none") == 0
    assert "The answers were not checked, as was asked for." in capsys.readouterr().out


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["loops:square"], "a function takes --items"),
        (["loops:square", "--items", "range("], "items must be module:name"),
        (["loops:square", "--items", "loops:nothing"], "there must be at least 1 item, and there is none"),
        (["loops:square", "--items", "range(0)"], "there must be at least 1 item, and there is none"),
        (["loops:square", "--items", "3"], "items must be module:name"),
        (["loops:squar", "--items", "range(3)"], "there is no 'squar' in loops; did you mean 'square'?"),
        (["loops:square", "--items", "loops:SEED"], "there is no 'SEED' in loops; did you mean 'SEEDS'?"),
        (["nonesuch:square", "--items", "range(3)"], "nonesuch cannot be imported: ModuleNotFoundError"),
        ([f"{TESTS}/loop.py:square", "--items", "range(3)"], "did you mean"),
        (["loops:SEEDS", "--items", "range(3)"], "loops:SEEDS must be a function, not list"),
        (["loops:square", "--items", "range(3)", "--size", "S"], "--size is for a workload"),
        (["loops:square", "--items", "range(3)", "--rtol", "-1"], "rtol must be a number from 0 to below 1"),
        (["loops:square", "--items", "range(3)", "--json", "-", "--csv", "-"], "cannot both be written"),
        (["polynomial", "--items", "range(3)"], "--items is for a function"),
        (["polynomial", "--chunk", "3"], "--chunk is for a function"),
        (["polynomial", "--max-time", "0"], "must be a number of seconds above 0, not '0'"),
        (["polynomial", "--warmup", "-1"], "must be an integer of at least 0, not '-1'"),
    ],
)
def test_bad_input_is_refused_in_one_line(arguments: list[str], told: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["compare", *arguments])
    assert exit.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"items": 5}, "items must be a list, a range, an array or something else that can be gone through, not int 5"),
        ({"items": np.array(5)}, "items must have a first axis to be cut along"),
        ({"function": 5}, "function must be a function or module:function"),
        ({"reduce": 5}, "reduce must be sum or a function of two answers, not 5"),
        ({"check": "all"}, "check must be a function of the items and the answer, or 'none', not 'all'"),
        ({"chunk": 0}, "chunk must be an integer of at least 1, not 0"),
        ({"limit": 0}, "limit must be seconds above 0, not 0"),
        ({"workers": [0]}, "workers must be an integer of at least 1, not 0"),
        ({"limit": None}, "limit must be seconds above 0, not None"),
        ({"rtol": "1e-9"}, "rtol must be a number from 0 to below 1, not '1e-9'"),
        ({"workers": []}, "workers must be at least one number, not none"),
        ({"workers": 2}, "workers must be a list of integers, not 2"),
        ({"strategies": "pool"}, "strategies must be a list of names, not 'pool'"),
        ({"rounds": 0}, "rounds must be an integer of at least 1, not 0"),
        ({"rounds": -1}, "rounds must be an integer of at least 1, not -1"),
        ({"strategies": ["nonesuch"]}, "strategy must be one of"),
        ({"start_method": "nonesuch"}, "start_method must be one of"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}"):
        kernels.compare(**dict[str, Any]({"function": loops.square, "items": range(3)}) | given)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("function", "items", "told"),
    [
        ("raises", "range(10)", "raises raised ValueError at item 7: seven is bad"),
        ("leaves", "range(10)", "leaves ends the program: sys.exit(3) at item 0"),
        ("changes", "[[1], [2]]", "changes changes its items: item 0 is not the same after it"),
        ("changes_array", "loops:GRID", "the items are read-only here"),
        ("draws", "range(10)", "draws is not deterministic: two runs of the same items differ, at 0 0."),
        ("forks_and_comes_back", "range(10)", "the function forks, and the child returns from it"),
    ],
)
def test_a_function_that_cannot_be_compared_says_why(function: str, items: str, told: str, capsys: Any) -> None:
    assert shell(f"loops:{function}", "--items", items) == 1
    error = capsys.readouterr().err
    assert error.startswith("python -m kernels: error: ")
    assert error.count("\n") == 1
    assert told in error


@pytest.mark.usefixtures("nothing_left")
def test_one_that_is_not_deterministic_is_compared_where_that_is_asked_for(capsys: Any) -> None:
    assert shell("loops:draws", "--items", "range(10)", "--check", "none", "--strategies", "pool") == 0
    assert "pool" in capsys.readouterr().out


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("lock", "TypeError: the answer, of type list, cannot be sent back from the worker"),
        ("leaves_workers", "WorkerDied: worker"),
        ("differs_in_workers", "WrongAnswer: the answer is not the one of serial: at 1 -1 and not 1"),
    ],
)
def test_a_strategy_that_fails_is_left_out_and_says_why(function: str, told: str, capsys: Any) -> None:
    given = [f"loops:{function}", "--items", "range(10)", "--strategies", "threaded", "shared"]
    assert shell(*given) == 0
    text = capsys.readouterr().out
    assert f"left out: shared, as {told}" in text
    assert "threaded" in text


@pytest.mark.usefixtures("nothing_left")
def test_a_strategy_that_hangs_is_named(capsys: Any) -> None:
    given = ["loops:hangs_in_workers", "--items", "range(10)", "--strategies", "threaded", "pool", "shared"]
    assert shell(*given, "--limit", "2") == 0
    text = capsys.readouterr().out
    assert "left out: pool, as it hung, and was ended after 2.0 s" in text
    assert "left out: shared, as it hung, and was ended after 2.0 s" in text


def test_a_thread_that_hangs_does_not_keep_the_command_from_ending() -> None:
    given = [
        "loops:hangs_in_threads",
        "--items",
        "range(10)",
        "--strategies",
        "threaded",
        "pool",
        "--limit",
        "2",
        *SHELL,
    ]
    command = [sys.executable, "-m", "kernels", "compare", *given]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "left out: threaded, as it hung, and was ended after 2.0 s" in done.stdout
    assert "Advice: " in done.stdout


def test_a_function_that_hangs_is_ended(capsys: Any) -> None:
    assert shell("loops:hangs", "--items", "range(10)", "--limit", "1") == 1
    assert "hangs did not end within 1 s" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_left")
def test_what_a_function_prints_is_dropped(capfd: Any) -> None:
    assert shell("loops:prints", "--items", "range(10)", "--strategies", "threaded", "pool", "shared") == 0
    text = capfd.readouterr().out
    assert "note: prints prints: what it prints is dropped while it is measured" in text
    assert "printed by the function" not in text


@pytest.mark.usefixtures("nothing_left")
def test_processes_of_a_functions_own_are_noticed(capsys: Any) -> None:
    assert shell("loops:forks", "--items", "range(5)", "--strategies", "threaded") == 0
    assert "note: forks starts processes of its own" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (lambda: [5], "a single item cannot be cut"),
        (lambda: iter(range(30)), "the items were a range_iterator, and were listed first (30 of them)"),
        (lambda: {1, 2, 3}, "the items were a set, and were listed first (3 of them)"),
        (itertools.count, "the items were a count without an end, or a late one: the first 1000000 are used"),
        (lambda: range(10**9), "a sample of "),
        (lambda: range(10**30), "there are more items than can be counted"),
    ],
    ids=["one", "generator", "set", "infinite", "huge", "uncountable"],
)
def test_whatever_the_items_are(items: Callable[[], Any], told: str) -> None:
    result = kernels.compare(loops.half, items(), strategies=["threaded"], **QUICK)
    assert any(told in note for note in result.notes), result.notes


@pytest.mark.usefixtures("nothing_left")
def test_a_lambda_is_compared_where_nothing_is_sent() -> None:
    result = kernels.compare(lambda n: n + 1, range(30), strategies=["threaded", "pool"], **QUICK)
    assert [each.configuration.strategy for each in result.comparison.samples] == ["serial", "threaded"]
    assert result.comparison.plan.left_out["pool"].startswith("a lambda, which has no name")


def test_what_cannot_be_sent_says_so() -> None:
    def local(n: int) -> int:
        return n

    loop = make(local, range(3), reduce=None, row=None)
    assert "local to a function" in str(loop.missing("pool"))
    assert loop.missing("threaded") is None
