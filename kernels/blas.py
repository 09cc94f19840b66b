"""BLAS is held to one thread per worker: the workers are the parallelism, and both multiply."""

import contextlib
import os
from collections.abc import Iterator

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")


@contextlib.contextmanager
def one_thread_in_children() -> Iterator[None]:
    """Processes started meanwhile that load a BLAS give it one thread, unless the caller set a number."""
    missing = [name for name in VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(missing, "1"))
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
