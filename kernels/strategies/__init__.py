"""The strategies: a module each, which knows nothing of what is computed.

A strategy has ``HAS_WORKERS`` and ``TAKES_START_METHOD``, and a context manager
``start(workload, problem, workers, context)``: entering it starts the workers and places the
problem, it yields the function that :meth:`kernels.team.Team.run` calls, and leaving it ends
all that it started, by force where an exception is on its way. One that has no version of some
workloads says why in ``why_never(workload)``, and one that needs what may be missing here says
what in ``missing()``.
"""

NAMES = ("serial", "threaded", "pool", "shared", "process", "futures", "joblib", "asyncio", "interpreters", "mpi")
