"""Workloads that memory limits: what their runs cost, and how much memory each strategy takes."""

from .common import WORKERS, ShortRun, Warm, WarmRun, teardown  # noqa: F401 - for asv


class Triad(WarmRun):
    workload = "triad"
    size = "S"  # 64 MiB an array, beyond any cache


class Spmv(ShortRun):
    workload = "spmv"
    size = 250_000  # rows: 24 MB. The next larger ones take seconds to make and to pickle


class Transpose(ShortRun):
    workload = "transpose"
    size = 2_000  # rows and columns: 32 MB


class Footprint(Warm):
    """Memory of the benchmark's process and of all that descend from it, with a team open.

    The proportional set size counts a page that n processes share 1/n in each, so that the sum
    counts it once. Resident set sizes would count shared arrays once for every worker.

    `process` is not among the strategies: between its runs it has no processes.
    """

    workload = "triad"
    params = (("serial", "threaded", "pool", "shared", "futures", "joblib"), WORKERS)
    size = "S"
    unit = "bytes"

    def setup(self, strategy: str, workers: int) -> None:
        try:
            import psutil
        except ImportError:
            raise NotImplementedError("psutil is not installed") from None

        self.process = psutil.Process()
        if not hasattr(self.process.memory_full_info(), "pss"):
            raise NotImplementedError("this operating system does not tell proportional set sizes")
        super().setup(strategy, workers)

    def track_pss(self, strategy: str, workers: int) -> int:
        """After a few runs, so that every page that a run needs has been touched."""
        for _ in range(3):
            self.answer = self.team.run()
        family = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in family)
