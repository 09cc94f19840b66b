"""A worker that watches its parent, and a process that it forks and that watches it in turn; they say when they run."""

import multiprocessing
import time
from multiprocessing.synchronize import Event

from kernels.workers.orphans import end_with_parent

FORK = multiprocessing.get_context("fork")


def worker(running: Event) -> None:
    end_with_parent()
    FORK.Process(target=forked, args=[running]).start()
    time.sleep(3600)


def forked(running: Event) -> None:
    end_with_parent()
    running.set()
    time.sleep(3600)


if __name__ == "__main__":
    running = FORK.Event()
    FORK.Process(target=worker, args=[running]).start()
    running.wait()
    print("running", flush=True)
    time.sleep(3600)
