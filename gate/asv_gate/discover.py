"""What is in a suite: what asv_gate starts in a commit's environment, in place of asv's own discovery.

``python discover.py BENCHMARK_DIR FILE MODULE...``, with asv's runner and nothing else of ours. asv's
discovery ends with the first file that cannot be imported; this one says what is wrong with it, and
goes on. FILE becomes JSON lines: before a module is imported ``{"importing": MODULE}``, so that it is
known which one has ended the process; then for each benchmark ``{"module": ..., "benchmark": ...}``, and for
what fails ``{"module": ..., "failed": ..., "error": ...}``; and in the end ``{"done": true, "seconds": ...}`` with the
time of all imports. The modules that are named are left out. The exit status is 74 where FILE cannot be written.
"""

import importlib
import inspect
import json
import os
import pkgutil
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterator
from types import ModuleType
from typing import IO, Any

UNWRITABLE = 74  # EX_IOERR of sysexits.h


def main(folder: str, file: str, *left_out: str) -> None:
    """Write down what the folder has."""
    sys.path[:0] = filter(None, os.environ.get("ASV_PYTHONPATH", "").split(os.pathsep))

    from asv_runner._aux import update_sys_path

    update_sys_path(folder)
    seconds: list[float] = []
    try:
        lines = open(file, "w", encoding="ascii")  # noqa: SIM115 - where it is full, closing it fails once more
    except OSError:
        os._exit(UNWRITABLE)
    with lines:
        for module in modules(os.path.basename(folder), lines, left_out, seconds):
            for where, owner in owners(module):
                try:
                    for benchmark in benchmarks(module, *owner):
                        say(lines, module=module.__name__, benchmark=plain(benchmark))
                except BaseException:
                    say(lines, module=module.__name__, failed=where, error=traceback.format_exc())
        say(lines, done=True, gil_is_back=gil_is_back(), seconds=sum(seconds))


def gil_is_back() -> bool:
    """Whether this Python can run without a GIL, and has one all the same: an extension may switch it on."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and enabled is not None and bool(enabled())


def modules(name: str, lines: IO[str], left_out: tuple[str, ...], seconds: "list[float]") -> Iterator[ModuleType]:
    """A module and those in it, as far as they can be imported; to `seconds` is added what each took."""
    if name in left_out:
        return
    say(lines, importing=name)
    start = time.perf_counter()
    try:
        module = importlib.import_module(name)
    except BaseException:
        say(lines, module=name, failed="", error=traceback.format_exc())
        return
    finally:
        seconds.append(time.perf_counter() - start)
    yield module
    for _, inner, _ in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
        yield from modules(inner, lines, left_out, seconds)


def owners(module: ModuleType) -> Iterator[tuple[str, tuple[str, Any]]]:
    """What may be a benchmark or have some: its name, and that with the thing itself."""
    for name, thing in list(vars(module).items()):
        is_class = inspect.isclass(thing) and not inspect.isabstract(thing)
        if not name.startswith("_") and (is_class or inspect.isfunction(thing)):
            yield name, (name, thing)


def benchmarks(module: ModuleType, name: str, thing: Any) -> Iterator[Any]:
    """Asv's benchmarks of a function or a class."""
    from asv_runner.discovery import _get_benchmark

    if not inspect.isclass(thing):
        found = [_get_benchmark(name, module, None, thing)]
    else:
        members = inspect.getmembers(thing, lambda member: inspect.isfunction(member) or inspect.ismethod(member))
        found = [_get_benchmark(member, module, thing, function) for member, function in members]
    return (benchmark for benchmark in found if benchmark is not None)


def plain(benchmark: Any) -> dict[str, Any]:
    """What of a benchmark JSON can have, as asv's discovery tells it."""
    from asv_runner.benchmarks._base import _get_first_attr

    kinds = (str, int, float, list, dict, bool)
    said = {name: value for name, value in vars(benchmark).items() if isinstance(value, kinds) and name[0] != "_"}
    return said | {"asv_gate": _get_first_attr(benchmark._attr_sources, "asv_gate", {})}


def say(lines: IO[str], **line: Any) -> None:
    """At once, since the next import may end the process.

    A full disk ends it with a status of its own: it is not the fault of the module that is just being imported.
    """
    text = json.dumps(line, skipkeys=True, default=repr) + "\n"
    try:
        lines.write(text)
        lines.flush()
    except OSError:
        os._exit(UNWRITABLE)


if __name__ == "__main__":
    if os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):  # as in sampler.py
        del sys.path[0]
    main(*sys.argv[1:])
