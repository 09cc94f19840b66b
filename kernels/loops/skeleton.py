"""A workload's file, filled in from a function and its items, to go on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kernels.loops.trial import Trial

SECONDS = {"S": 0.01, "M": 0.1, "L": 1.0}  # of serial time that the sizes are meant to take
# Names that the file has itself.
TAKEN = {
    *(
        "SIZES",
        "Problem",
        "WrongAnswer",
        "problem",
        "part",
        "solve",
        "join",
        "empty",
        "check",
        "np",
        "itertools",
    ),
    *(
        "answer",
        "answers",
        "difference",
        "every",
        "expected",
        "first",
        "functools",
        "i",
        "item",
        "items",
        "out",
        "row",
        "seed",
        "size",
        "wrong",
    ),
}
DIFFERENCE = "from kernels.loops.answers import difference"

FILE = '''\
"""{name}, for each of its items: say here what it computes, and what there is to learn from it."""

{imports}

# Items: about 10 ms, 100 ms and 1 s of serial time on the machine where this file was made.
SIZES = {sizes}


@dataclass(frozen=True)
class Problem:
    """`items`: what {name} is called with, {what}."""

    items: Any

    def __len__(self) -> int:
        return len(self.items)


def problem(size: int, seed: int = 0) -> Problem:
    """The first `size` items, again from the start where there are no more; the seed says where to begin."""
    {source}
{made}


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the items."""
    return Problem(problem.items[lo:hi])


{kernel}


def check(problem: Problem, answer: Any) -> None:
    """Replace this by a closed form or another algorithm: that the same kernel gives the same proves little."""
{check}
'''


def place(text: str, target: Path) -> tuple[str, str]:
    """The module and the name to import; ValueError where the module would not be found from `target`."""
    module, _, name = text.rpartition(":")
    if "." in name:
        raise ValueError(f"{text} must be a name in its module itself, for a file to import it")
    if not module.endswith(".py"):
        return module, name
    if Path(module).resolve().parent != target.resolve().parent or not Path(module).stem.isidentifier():
        raise ValueError(f"{module} must be a module, or be in the folder of {target}, for that to import it")
    return Path(module).stem, name


def written(
    trial: Trial, total: int, *, function: tuple[str, str], items: tuple[str, str] | str, reduce: tuple[str, str] | None
) -> str:
    """The text of the file. `items` is where they are, or an expression; `reduce` where it is, in ``builtins`` too."""
    loop = trial.loop
    imports = {"from dataclasses import dataclass", "from typing import Any", "import itertools"}
    ours, called = _import(*function)
    local = [ours, "from kernels import WrongAnswer"]
    array = hasattr(loop.sample, "dtype")
    if isinstance(items, tuple):
        found, source = _import(*items)
        local.append(found)
        expression = f"{source}() if callable({source}) else {source}"
    else:
        expression = items
    source = f"every = {expression}"
    if array or loop.row is not None:
        local.append("import numpy as np")
    kernel, check = _kernel(trial, called, reduce, imports, local)
    if array:
        made = (
            "    every = np.asarray(every)\n"
            "    items = every[(np.arange(size) + seed) % len(every)]\n"
            "    items.flags.writeable = False\n"
            "    return Problem(items)"
        )
        imports.discard("import itertools")
    else:
        made = (
            "    every = list(every)\n"
            "    first = seed % len(every)\n"
            "    return Problem(list(itertools.islice(itertools.cycle(every), first, first + size)))"
        )
    ordered = sorted(imports, key=lambda line: (line.startswith("from"), line))
    return FILE.format(
        name=loop.__name__,
        imports="\n".join(ordered) + "\n\n" + "\n".join(_merged(local)),
        sizes="{" + ", ".join(f'"{name}": {_count(seconds, trial)}' for name, seconds in SECONDS.items()) + "}",
        what=f"an array of shape (n, ...), {loop.sample.dtype}"
        if array
        else f"a list of n of the {total} that there are",
        source=source,
        made=made,
        kernel=kernel,
        check=check,
    )


def _kernel(
    trial: Trial, called: str, reduce: tuple[str, str] | None, imports: set[str], local: list[str]
) -> tuple[str, str]:
    """The functions `solve` and what goes with it, and the body of `check`."""
    loop = trial.loop
    if reduce is not None:
        reduced = _reducer(reduce, imports, local)
        one = f"{called}(problem.items)" if loop.vectorized else reduced(f"map({called}, problem.items)")
        local.append(DIFFERENCE)
        within = f", rtol={loop.rtol:g}" if loop.rtol else ""
        kernel = (
            f'def solve(problem: Problem) -> Any:\n    """What the answers are reduced to."""\n    return {one}\n\n\n'
            'def join(answers: list[Any]) -> Any:\n    """The same of those of the parts."""\n'
            f"    return {reduced('answers')}"
        )
        return kernel, (
            f"    wrong = difference(answer, {one}{within})\n"
            "    if wrong is not None:\n"
            '        raise WrongAnswer(f"the answer is {wrong}")'
        )
    if loop.row is not None:
        return _of_rows(trial, called), _some(called, loop.vectorized)
    local.append(DIFFERENCE)
    kernel = (
        'def solve(problem: Problem) -> list[Any]:\n    """One call for each item."""\n'
        f"    return [{called}(item) for item in problem.items]\n\n\n"
        'def join(answers: list[list[Any]]) -> list[Any]:\n    """One part after the other."""\n'
        "    return [answer for part in answers for answer in part]"
    )
    return kernel, (
        "    if len(answer) != len(problem):\n"
        '        raise WrongAnswer(f"there must be {len(problem)} answers, not {len(answer)}")\n'
        "    for i in {0, len(problem) // 2, len(problem) - 1}:\n"
        f"        wrong = difference(answer[i], {called}(problem.items[i]))\n"
        "        if wrong is not None:\n"
        '            raise WrongAnswer(f"answer {i} is {wrong}")'
    )


def _of_rows(trial: Trial, called: str) -> str:
    loop = trial.loop
    shape, dtype = loop.row or ((), "f8")
    lengths = "".join(f", {length}" for length in shape) or ","
    filled = (
        f"    out[...] = {called}(problem.items)\n"
        if loop.vectorized
        else f"    for row, item in zip(out, problem.items, strict=True):\n        row[...] = {called}(item)\n"
    )
    return (
        f'def empty(problem: Problem) -> np.ndarray:\n    """Room for the answers, a row for each item."""\n'
        f'    return np.empty((len(problem){lengths}), "{dtype}")\n\n\n'
        "def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:\n"
        f'    """{"All at once" if loop.vectorized else "One call for each item"}."""\n'
        f"    if out is None:\n        out = empty(problem)\n{filled}    return out"
    )


def _some(called: str, vectorized: bool) -> str:
    one = f"{called}(problem.items[i : i + 1])[0]" if vectorized else f"{called}(problem.items[i])"
    return (
        "    if np.shape(answer) != np.shape(empty(problem)):\n"
        '        raise WrongAnswer(f"the shape must be {np.shape(empty(problem))}, not {np.shape(answer)}")\n'
        "    for i in {0, len(problem) // 2, len(problem) - 1}:\n"
        f"        expected = {one}\n"
        "        if not np.array_equal(answer[i], expected, equal_nan=True):\n"
        '            raise WrongAnswer(f"answer {i} must be {expected!r}, not {answer[i]!r}")'
    )


def _reducer(reduce: tuple[str, str], imports: set[str], local: list[str]) -> Any:
    if reduce == ("builtins", "sum"):
        return "sum({})".format
    imports.add("import functools")
    found, name = _import(*reduce)
    local.append(found)
    return (f"functools.reduce({name}, " + "{})").format


def _import(module: str, name: str) -> tuple[str, str]:
    """The line, and what the name is then; a name that a workload needs itself gets another."""
    if name in TAKEN:
        return f"from {module} import {name} as {name}_", f"{name}_"
    return f"from {module} import {name}", name


def _merged(lines: list[str]) -> list[str]:
    """The imports in order, one for each module."""
    names: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from"):
            _, module, _, name = line.split(maxsplit=3)
            names.setdefault(module, set()).add(name)
    plain = sorted({line for line in lines if not line.startswith("from")})
    return plain + [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]


def _count(seconds: float, trial: Trial) -> int:
    """A number of items with two digits."""
    count = seconds / trial.seconds_per_item
    digits: int = 10 ** max(0, len(str(int(count))) - 2)
    return max(1, round(count / digits) * digits)
