"""The errors of this package that a caller may want to catch by name."""


class WrongAnswer(Exception):
    """A kernel ran and its answer is not the right one."""


class WorkerDied(RuntimeError):
    """A worker process ended while its team still needed it; the team is closed."""


class Unsupported(ValueError):
    """The strategy cannot run this workload here; the message says why."""
