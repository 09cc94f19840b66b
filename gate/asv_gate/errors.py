"""What ends a command with a sentence rather than a traceback."""


class GateError(Exception):
    """The gate could not do its job, and says why: exit status 2, never 1 and never 0."""
