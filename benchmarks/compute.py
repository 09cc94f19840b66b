"""Workloads that compute: what does a run cost when the workers are up and the problem is in place?"""

from .common import PURE_PYTHON, WORKERS, ShortRun, teardown  # noqa: F401 - for asv


class Polynomial(ShortRun):
    version = "2"  # 1 had the size M, of 0.4 s a run: five samples of that see the machine change between them
    workload = "polynomial"
    params = (PURE_PYTHON, WORKERS)


class Cubes(ShortRun):
    version = "2"  # as Polynomial
    workload = "cubes"


class Strings(ShortRun):
    version = "2"  # as Polynomial
    workload = "strings"


class Parzen(ShortRun):
    version = "2"  # as Polynomial
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
