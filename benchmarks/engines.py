"""Engines beside the standard library: what does a warm run cost under each, on work of four kinds?

Not in ``make bench``, whose environments have none of these packages: see docs/engines.md.
"""

from .common import WarmRun, teardown  # noqa: F401 - for asv

STRATEGIES = ("pool", "shared", "joblib", "loky", "mpire", "dask", "dask_threaded", "ray")


class Engine(WarmRun):
    params = (STRATEGIES, (2,))


class Parzen(Engine):
    workload = "parzen"


class Cubes(Engine):
    workload = "cubes"


class Triad(Engine):
    workload = "triad"


class Queens(Engine):
    workload = "queens"
