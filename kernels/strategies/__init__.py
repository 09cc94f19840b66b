"""The strategies, a module each, which knows nothing of what is computed: see ``contract/strategy.py``."""

from typing import TYPE_CHECKING

NAMES = ("serial", "threaded", "pool", "shared", "process", "futures", "joblib", "asyncio", "interpreters", "mpi")

if TYPE_CHECKING:  # so that mypy checks that each is what strategies are called as
    from kernels.contract.strategy import RunsParts, RunsVersions
    from kernels.strategies import asyncio, futures, interpreters, joblib, mpi, pool, process, serial, shared, threaded

    RUN_PARTS: tuple[RunsParts, ...] = (
        serial,
        threaded,
        pool,
        shared,
        process,
        futures,
        joblib,
        interpreters,
        mpi,
    )
    RUN_VERSIONS: tuple[RunsVersions, ...] = (serial, threaded, pool, shared, asyncio, mpi)
