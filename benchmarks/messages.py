"""Messages: what does one cost between two processes, and how much goes through in a second?

To and fro between two processes, as ``osu_latency`` of the OSU micro-benchmarks does, by MPI's
buffers, by a ``multiprocessing.Pipe``, and by a copy in shared memory, which two semaphores
announce. ``mpi, bare`` is a loop of mpi4py alone. What each end does is in ``kernels.mpi.messages``.
"""

from .common import hide_main, teardown  # noqa: F401 - for asv

WAYS = ("mpi", "mpi, bare", "pipe", "shared memory")


class Message:
    param_names = ("bytes", "way")
    version = "1"

    def setup(self, size: int, way: str) -> None:
        try:
            from kernels.mpi import messages
        except ImportError:
            raise NotImplementedError("this version of kernels passes no messages") from None
        reason = messages.why_not(way)
        if reason is not None:
            raise NotImplementedError(reason)
        hide_main()
        self.seconds = messages.one_way_seconds


class Latency(Message):
    """Of messages so small that their bytes hardly count."""

    params = ((8, 2**12), WAYS)
    unit = "seconds"

    def track_one_way(self, size: int, way: str) -> float:
        return self.seconds(way, size)


class Bandwidth(Message):
    """Of messages so large that only their bytes count: in cache, and beyond."""

    params = ((2**18, 2**24), WAYS)
    unit = "bytes/second"

    def track_one_way(self, size: int, way: str) -> float:
        return size / self.seconds(way, size)
