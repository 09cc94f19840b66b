"""Workloads that compute: what does a run cost when the workers are up and the problem is in place?"""

from .common import WarmRun


class Polynomial(WarmRun):
    workload = "polynomial"


class Cubes(WarmRun):
    workload = "cubes"


class Strings(WarmRun):
    workload = "strings"


class Parzen(WarmRun):
    workload = "parzen"
