"""Workloads that compute: what does a run cost when the workers are up and the problem is in place?"""

from .common import PURE_PYTHON, WORKERS, ShortRun, WarmRun, teardown  # noqa: F401 - for asv


class Polynomial(WarmRun):
    workload = "polynomial"
    params = (PURE_PYTHON, WORKERS)


class Cubes(WarmRun):
    workload = "cubes"


class Strings(WarmRun):
    workload = "strings"


class Parzen(WarmRun):
    workload = "parzen"


class ParzenTemporaries(ShortRun):
    workload = "parzen_temporaries"


class Queens(ShortRun):
    workload = "queens"
    params = (PURE_PYTHON, WORKERS)


class Ep(ShortRun):
    workload = "ep"


class Dgemm(ShortRun):
    workload = "dgemm"
