"""What is used of the standard library without its promise is there on this Python, and is used in one module."""

import ast
import base64
import concurrent.futures
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.pool
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

import kernels
from kernels.workers import stdlib

SOURCES = [file for file in Path(kernels.__file__).parent.rglob("*.py") if file.name != "stdlib.py"]
# Joblib's own and mpire's, and names in os and sys that are documented, underscore and all.
OF_MPIRE = {"_exception_thrown", "_results_queue", "_set", "_start_worker", "_task_queues", "_worker_restart_condition"}
ALLOWED = {"_backend", "_exit", "_is_gil_enabled", "_jit", "_xoptions", *OF_MPIRE}

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_private_attributes_are_used_of_nothing_but_oneself() -> None:
    used = [
        f"{file}:{node.lineno}: {ast.unparse(node)}"
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
        if not (isinstance(node.value, ast.Name) and (node.value.id in ("self", "cls") or node.value.id[0] == "_"))
        if node.attr not in ALLOWED
    ]
    assert used == []


def test_a_pool_knows_its_first_workers_and_ends_when_they_are_killed() -> None:
    pool = stdlib.TrackedPool(2, context=multiprocessing.get_context(kernels.default_start_method()))
    try:
        assert pool.map(abs, [-1, 2]) == [1, 2]
        first = pool.started_with
        assert len(first) == 2
        assert pool.reads_answers()
        first[0].kill()
        first[0].join()
        assert pool.started_with == first
    finally:
        pool.end(0.1, 1.0)
    assert all(process.exitcode is not None for process in first)


def test_a_pools_thread_that_looks_after_workers_sleeps_while_answers_come(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[object] = []
    monkeypatch.setattr(multiprocessing.pool.Pool, "_maintain_pool", staticmethod(lambda *_: rounds.append(None)))
    pool = stdlib.TrackedPool(2, context=multiprocessing.get_context(kernels.default_start_method()))
    try:
        pool.map(abs, range(500), 1)
        assert 1 <= len(rounds) <= 3  # as it starts, and when the last answer of a call is there
    finally:
        pool.end(0.1, 1.0)


def test_an_executor_has_a_thread_two_queues_and_processes() -> None:
    context: Any = multiprocessing.get_context(kernels.default_start_method())
    with concurrent.futures.ProcessPoolExecutor(1, context) as executor:
        assert executor.submit(abs, -1).result() == 1
        parts = stdlib.executor_parts(executor)
        assert parts is not None
        assert parts.manager.is_alive()
        assert [process.is_alive() for process in parts.processes] == [True]
        assert stdlib.executor_processes(executor) == parts.processes
        assert all(hasattr(queue, end) for queue in (parts.calls, parts.results) for end in ("_reader", "_writer"))
    assert stdlib.executor_processes(executor) == []
    assert stdlib.executor_parts(executor) is None


def test_a_lock_that_a_dead_worker_held_is_freed() -> None:
    context = multiprocessing.get_context(kernels.default_start_method())
    event, condition = context.Event(), context.Condition(context.Lock())
    inside: Any = event
    for held, given in ((inside._cond, event), (condition, condition)):
        held.acquire()
        stdlib.free_lock(given)
        stdlib.free_lock(given)
        assert held.acquire(timeout=0)
        held.release()


def test_a_lock_that_a_thread_has_for_a_moment_is_left_to_it() -> None:
    """Freed under it, it would be nobody's while the next one has it, and `set` of the event fails."""
    context = multiprocessing.get_context(kernels.default_start_method())
    event: Any = context.Event()
    has_it = threading.Event()
    looked: list[bool] = []

    def look() -> None:
        with event._cond:
            has_it.set()
            time.sleep(0.1)
            looked.append(True)

    thread = threading.Thread(target=look)
    thread.start()
    has_it.wait()
    stdlib.free_lock(event)
    assert looked, "it waits for the thread"
    event.set()
    thread.join()
    assert event._cond.acquire(timeout=0)
    event._cond.release()


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork server here")
def test_modules_are_preloaded_unless_the_caller_chose_some(monkeypatch: pytest.MonkeyPatch) -> None:
    context: Any = multiprocessing.get_context("forkserver")
    server: Any = multiprocessing.forkserver._forkserver
    monkeypatch.setattr(server, "_preload_modules", ["__main__"])
    stdlib.preload(context, ["json"])
    assert server._preload_modules == ["json"]
    stdlib.preload(context, ["other"])
    assert server._preload_modules == ["json"]


def test_a_process_that_is_prepared_is_called_as_it_was_told() -> None:
    """And is taken for one that imports its main module as long as it does."""
    data = {**stdlib.preparation_data("a rank"), "init_main_from_path": None, "init_main_from_name": None}
    assert {"authkey", "start_method"}.isdisjoint(data)
    program = (
        "import base64, multiprocessing, pickle, sys\n"
        "from kernels.workers import stdlib\n"
        "stdlib.prepare(pickle.loads(base64.b64decode(sys.argv[1])))\n"
        "print(multiprocessing.current_process().name, stdlib.is_importing_main())"
    )
    message = base64.b64encode(pickle.dumps({name: value for name, value in data.items() if value is not None}))
    done = subprocess.run([sys.executable, "-c", program, message], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["a", "rank", "False"]


def test_options_of_this_python_are_found_again() -> None:
    program = "from kernels.workers import stdlib; print(stdlib.interpreter_flags())"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, check=True)
    assert "'-X', 'dev'" in done.stdout


def test_an_error_comes_back_with_its_traceback() -> None:
    try:
        raise LookupError("lost")
    except LookupError as error:
        message = stdlib.pickled(stdlib.with_traceback(error))
    back = stdlib.unpickled(message)
    assert (type(back), str(back)) == (LookupError, "lost")
    assert "test_stdlib.py" in "".join(traceback.format_exception(back))


def test_a_queue_whose_writers_are_closed_comes_to_its_end() -> None:
    context: Any = multiprocessing.get_context(kernels.default_start_method())
    queue = context.Queue()
    stdlib.close_writer(queue)
    with pytest.raises(EOFError):
        queue.get()
    stdlib.close_reader(queue)
    with pytest.raises(OSError, match="closed"):
        queue.get()
    queue.close()


@pytest.mark.parametrize("start_method", multiprocessing.get_all_start_methods())
def test_two_threads_that_ask_at_once_how_a_process_ended_are_told(
    start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them is whoever starts another process at that moment: that asks of all."""
    read, waitpid = multiprocessing.forkserver.read_signed, os.waitpid

    def slowly_read(sentinel: int) -> Any:
        time.sleep(0.2)
        return read(sentinel)

    def slowly_told(pid: int, options: int) -> tuple[int, int]:
        told = waitpid(pid, options)
        time.sleep(0.2 if told[0] else 0.0)
        return told

    context: Any = multiprocessing.get_context(start_method)
    process = context.Process(target=time.sleep, args=(0.1,))
    process.start()
    stdlib.guard_exit_code(process)
    stdlib.guard_exit_code(process)
    monkeypatch.setattr(multiprocessing.forkserver, "read_signed", slowly_read)
    monkeypatch.setattr(os, "waitpid", slowly_told)
    codes: list[int | None] = []

    def ask() -> None:
        process.join()
        codes.append(process.exitcode)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        multiprocessing.active_children()
        time.sleep(0.01)
    assert codes == [0, 0, 0]
    assert process.exitcode == 0
