"""Makes executors notice every death among their workers.

A worker that is killed in the middle of sending an answer leaves half a message in the pipe, and
the thread that reads it, which is also the one that looks for deaths, waits for ever for the rest:
in ``concurrent.futures.ProcessPoolExecutor`` and, being made after it, in joblib's loky. Before
Python 3.11.5 that thread also waits for ever for a large task that nobody will read any more
(cpython issue 94777).
"""

import contextlib
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait
from typing import Any

LOOK_SECONDS = 0.1
GRACE_SECONDS = 0.4  # in which an executor mostly notices by itself


@contextlib.contextmanager
def watched(executor: Any) -> Iterator[None]:
    """See to it, as long as the context lasts, that a death breaks the executor within half a second."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(executor, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(executor: Any, over: threading.Event) -> None:
    while not over.is_set():
        manager, calls, results = executor._executor_manager_thread, executor._call_queue, executor._result_queue
        processes = list((executor._processes or {}).values())  # shutdown forgets all of these at its end
        if wait([process.sentinel for process in processes], LOOK_SECONDS):
            if not over.wait(GRACE_SECONDS):
                for process in processes:
                    process.kill()
                results._writer.close()  # the last one: what is read comes to its end
            manager.join(GRACE_SECONDS)
            if manager.is_alive():
                calls._reader.close()  # the last one: what is written has no reader, and fails
            return
