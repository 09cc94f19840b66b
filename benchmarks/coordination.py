"""Workloads whose workers act together: what do locks, barriers and queues cost in a run?"""

from .common import COORDINATED, WORKERS, ShortRun, teardown  # noqa: F401 - for asv


class Coordinated(ShortRun):
    params = ((*COORDINATED, "mpi"), WORKERS)


class Counter(Coordinated):
    workload = "counter"


class CounterMerged(Coordinated):
    workload = "counter_merged"


class Histogram(Coordinated):
    workload = "histogram"


class HistogramMerged(Coordinated):
    workload = "histogram_merged"


class Stencil(Coordinated):
    workload = "stencil"


class Pipeline(Coordinated):
    workload = "pipeline"
