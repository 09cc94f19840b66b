"""One thread that waits for many things at once: for workloads that wait, and write such a version.

`workers` is how many may be under way at the same time.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from multiprocessing.context import BaseContext

from kernels.contract.coordination import WithAsyncio
from kernels.contract.workload import Answer, Problem, Run, Workload
from kernels.workers.together import started_threads

POLL_SECONDS = 0.1
HAS_WORKERS, TAKES_START_METHOD = True, False


def why_never(workload: Workload) -> str | None:
    """Whether the workload has no version for this strategy."""
    return None if isinstance(workload, WithAsyncio) else "it computes, and does not wait"


@contextlib.contextmanager
def start_coordinated(workload: WithAsyncio, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own version in an event loop."""
    with contextlib.closing(asyncio.new_event_loop()) as loop:

        def run() -> Answer:
            return loop.run_until_complete(workload.asyncio(problem, workers))

        yield lambda: _in_a_thread(loop, run) if _is_running_here() else run()


def _is_running_here() -> bool:
    """Whether a loop runs in this thread already, as in a notebook: a thread has room for one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_a_thread(loop: asyncio.AbstractEventLoop, run: Callable[[], Answer]) -> Answer:
    """Call `run`, which runs the loop, in a thread of its own, and end what is in work after Ctrl-C."""
    with started_threads(1) as thread:
        try:
            future = thread.submit(run)
            while not future.done():
                wait([future], POLL_SECONDS)  # Ctrl-C that comes just before a thread waits does not wake it
            return future.result()
        except Exception:
            raise
        except BaseException:
            loop.call_soon_threadsafe(_cancel_all, loop)
            raise


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
