"""A limit on how long a run may take, so that a function that hangs does not hang what measures it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

GRACE = 5.0  # seconds that ending it may take, before it is interrupted again
TIMES = 3


class Hung(KeyboardInterrupt):
    """The limit is over. It ends teams as Ctrl-C does, which they know how to take."""


@contextlib.contextmanager
def limited(seconds: float, give_up: Callable[[], None] | None = None) -> Iterator[None]:
    """Raise Hung in the block after so many seconds, and again where ending it takes long.

    That takes the main thread, which alone is told of signals: in another one there is no limit. Where
    the block does not end at all, as in C code that never looks at signals, `give_up` is called.
    """
    main = threading.main_thread()
    before: Any = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not main:
        yield
        return
    over = threading.Event()  # the limit
    left = threading.Event()  # the block

    def interrupt(number: int, frame: Any) -> None:
        if over.is_set():
            if not left.is_set():
                raise Hung
        elif callable(before):
            before(number, frame)

    def watch() -> None:
        wait = seconds
        for _ in range(TIMES):
            if left.wait(wait):
                return
            over.set()
            _wake(main)
            wait = GRACE
        if not left.wait(wait) and give_up is not None:
            give_up()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        left.set()
        watcher.join()
        signal.signal(signal.SIGINT, before)


def _wake(main: threading.Thread) -> None:
    """Interrupt the main thread, also where it waits."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main.ident or 0, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()


def give_up(message: str) -> None:
    """End this process, with a line that says why, although something in it cannot be ended."""
    with contextlib.suppress(Exception):
        print(message, file=sys.__stderr__, flush=True)
    leave(1)


def leave(status: int) -> None:
    """End this process although threads of it still run, which Python would wait for."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(status)


def still_runs() -> bool:
    """Whether a thread is left that Python would wait for at its end."""
    return any(not each.daemon and each is not threading.main_thread() for each in threading.enumerate())
