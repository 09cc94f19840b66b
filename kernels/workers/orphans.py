"""The end of a worker whose parent was killed, and could not end it."""

import multiprocessing
import os
import time
from threading import Thread

POLL_SECONDS = 1.0

_watching = 0  # the process that watches: a worker's own child, forked, has this variable of it, but not the thread


def end_with_parent() -> None:
    """In a worker: end at once where the process that started it is gone, also in the middle of a task.

    Otherwise a worker of an executor waits for ever, since each has both ends of the pipe that tasks come by, and the
    end of file is never read; and any worker goes on until its task is done, which may be never.
    """
    global _watching
    if _watching != os.getpid():
        _watching = os.getpid()
        Thread(target=_end_after_parent, name="end-with-parent", daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and parent.sentinel is not None:
        parent.join()
    else:  # loky tells its workers of no sentinel; it starts them itself, by no fork server
        started_by = os.getppid()
        while os.getppid() == started_by:
            time.sleep(POLL_SECONDS)
    os._exit(1)
