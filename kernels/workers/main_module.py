"""Workers import the caller's ``__main__`` only where the workload is defined in it.

A process that multiprocessing spawns, or that its fork server starts, first imports its parent's
main module, that is, it runs the script again. That costs time, never ends well in a script
without an ``if __name__ == "__main__":`` guard, and cannot be done with a script from standard
input, at a prompt, in a notebook or in a zip file. Only a workload whose functions or classes are
found in ``__main__`` needs it.
"""

import contextlib
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from multiprocessing import context, process
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from kernels.errors import UNGUARDED, Unsupported
from kernels.workers import parent_main, stdlib

FILES = 10  # that starting a process takes for a moment, and some more

_main = threading.Lock()  # held while __main__ is hidden, and while it must not be


def worker_context(start_method: str, workload: Any, problem: Any) -> BaseContext:
    """The context in which the workers of a team are started.

    Raises Unsupported where this process may not start any, and where they cannot import the workload.
    """
    require_processes()
    if start_method != "fork" and not needs_main(workload, problem):
        found: BaseContext = _WITHOUT_MAIN[start_method]()
    else:
        found = _WITH_MAIN[start_method]() if start_method in _WITH_MAIN else multiprocessing.get_context(start_method)
    if start_method == "forkserver":
        stdlib.preload(found, ["kernels.workers.preload"])
    return found


def end_unguarded() -> None:
    """End this process where it is a worker that is importing the main module.

    At once and without a word: an exception would print a traceback, and the parent says what it means.
    """
    parent_main.stop_loading()
    if stdlib.is_importing_main():
        os._exit(UNGUARDED)


def require_processes() -> None:
    """Raise Unsupported where this process may not start processes."""
    if process.current_process().daemon:
        raise Unsupported("a daemonic process, such as a worker of multiprocessing.Pool, may not start processes")


def needs_main(workload: Any, problem: Any) -> bool:
    """Whether workers must import the main module to rebuild these; Unsupported where they cannot."""
    main = sys.modules["__main__"]
    if workload is not main:
        search = _Search()
        with contextlib.suppress(Exception):  # what cannot be pickled is told where it is sent
            search.dump((None if isinstance(workload, type(main)) else workload, problem))
        if not search.found:
            return False
    reason = _why_not_importable()
    if reason is not None:
        raise Unsupported(
            f"the workload is defined in __main__, which workers cannot import, as {reason}: "
            "move it into a module or a .py file of its own"
        )
    return True


@contextlib.contextmanager
def hidden() -> Iterator[None]:
    """While a process is being started: multiprocessing finds nothing by which to import the main module."""
    names: Any = vars(sys.modules["__main__"])
    with _main:
        known = {name: names[name] for name in ("__file__", "__spec__") if name in names}
        names["__spec__"] = None
        names.pop("__file__", None)
        try:
            yield
        finally:
            names.update(known)


def require_files(count: int) -> None:
    """Raise OSError unless this process may open so many files more.

    Before a process is started, and not midway, where what starts it would forget the process.
    """
    taken: list[int] = []
    try:
        while len(taken) < count:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for file in taken:
            os.close(file)


@contextlib.contextmanager
def _enough_files() -> Iterator[None]:
    require_files(FILES)
    yield


def _why_not_importable() -> str | None:
    """Why multiprocessing cannot import the main module in another process, or None where it can."""
    main = sys.modules["__main__"]
    with _main:
        name, file = getattr(main.__spec__, "name", None), getattr(main, "__file__", None)
    if name is None and not Path(file or "").is_file():
        return "it has no file (standard input, python -c, a prompt or a notebook)"
    if name == "__main__" or str(name).endswith(".__main__"):
        return "it is the __main__.py of a package, a folder or a zip file"
    return None


class _Search(pickle.Pickler):
    """Pickles into nothing, to find out whether something of ``__main__`` is needed to unpickle it."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda buffer: None)  # arrays are not copied
        self.found = False

    def reducer_override(self, value: Any) -> Any:
        self.found = self.found or getattr(value, "__module__", None) == "__main__"
        return NotImplemented


class _Nowhere:
    def write(self, data: Any) -> int:
        return len(data)


class _Spawned(context.SpawnProcess):
    def start(self) -> None:
        with _enough_files(), hidden():
            super().start()


class _SpawnedWithMain(context.SpawnProcess):
    def start(self) -> None:
        with _main:
            super().start()


class _SpawnWithoutMain(context.SpawnContext):
    Process = _Spawned


class _SpawnWithMain(context.SpawnContext):
    Process = _SpawnedWithMain


_WITHOUT_MAIN: dict[str, type[BaseContext]] = {"spawn": _SpawnWithoutMain}
_WITH_MAIN: dict[str, type[BaseContext]] = {"spawn": _SpawnWithMain}

if hasattr(context, "ForkServerProcess"):

    class _Served(context.ForkServerProcess):
        def start(self) -> None:
            with _enough_files(), hidden():
                super().start()

    class _ServedWithMain(context.ForkServerProcess):
        def start(self) -> None:
            with _main:
                super().start()

    class _ForkServerWithoutMain(context.ForkServerContext):
        Process = _Served

    class _ForkServerWithMain(context.ForkServerContext):
        Process = _ServedWithMain

    _WITHOUT_MAIN["forkserver"] = _ForkServerWithoutMain
    _WITH_MAIN["forkserver"] = _ForkServerWithMain
