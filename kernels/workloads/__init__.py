"""The workloads, a module each: see ``contract/workload.py``.

A file in this folder is registered by its name, unless that begins with an underscore.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # so that mypy checks that each is what strategies take it for
    from kernels.contract.coordination import WithAsyncio, WithPool, WithProcesses, WithRanks, WithThreads
    from kernels.contract.workload import ArrayAnswer, Independent, JoinedAnswer
    from kernels.workloads import (
        counter,
        counter_merged,
        crawl,
        cubes,
        dgemm,
        ep,
        histogram,
        histogram_merged,
        parzen,
        parzen_temporaries,
        pipeline,
        polynomial,
        queens,
        sleep,
        spmv,
        stencil,
        strings,
        transpose,
        triad,
    )

    class FourVersions(WithThreads, WithProcesses, WithPool, Protocol):
        """What every coordinated workload here has, with its serial version."""

    INDEPENDENT: tuple[Independent, ...] = (
        *(cubes, dgemm, ep, parzen, parzen_temporaries, polynomial),
        *(queens, spmv, strings, transpose, triad),
    )
    COORDINATED: tuple[FourVersions, ...] = (
        *(counter, counter_merged, crawl, histogram),
        *(histogram_merged, pipeline, sleep, stencil),
    )
    ARRAYS: tuple[ArrayAnswer, ...] = (
        *(cubes, dgemm, parzen, parzen_temporaries, spmv),
        *(stencil, strings, transpose, triad),
    )
    JOINED: tuple[JoinedAnswer, ...] = (ep, polynomial, queens)
    ASYNCIO: tuple[WithAsyncio, ...] = (crawl, sleep)
    RANKS: tuple[WithRanks, ...] = (counter, counter_merged, histogram, histogram_merged, pipeline, stencil)
