"""The strategies, a module each, which knows nothing of what is computed: see ``contract/strategy.py``."""

from typing import TYPE_CHECKING

NAMES = (
    *("serial", "threaded", "pool", "shared", "process", "futures"),
    *("joblib", "loky", "mpire", "dask", "dask_threaded", "ray"),
    *("asyncio", "interpreters", "mpi"),
)

if TYPE_CHECKING:  # so that mypy checks that each is what strategies are called as
    from kernels.contract.strategy import RunsParts, RunsVersions
    from kernels.strategies import (
        asyncio,
        dask,
        dask_threaded,
        futures,
        interpreters,
        joblib,
        loky,
        mpi,
        mpire,
        pool,
        process,
        ray,
        serial,
        shared,
        threaded,
    )

    RUN_PARTS: tuple[RunsParts, ...] = (
        serial,
        threaded,
        pool,
        shared,
        process,
        futures,
        joblib,
        loky,
        mpire,
        dask,
        dask_threaded,
        ray,
        interpreters,
        mpi,
    )
    RUN_VERSIONS: tuple[RunsVersions, ...] = (serial, threaded, pool, shared, asyncio, mpi)
