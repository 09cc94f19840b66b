"""Fewer items than workers: each version of each workload is right, though some workers have nothing to do."""

import pytest
import ways
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import kernels
from kernels.registry import why_never

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

# How many problems each pair is tried with, besides one item for three workers, by what it costs to start workers.
EXAMPLES = {"serial": 3, "threaded": 5, "asyncio": 5, "pool": 3, "shared": 3, "process": 3, "futures": 2}
EXAMPLES |= dict.fromkeys(("joblib", "loky", "mpire", "dask", "ray"), 0)
FAST = {"pool", "shared", "process", "futures"} if "fork" in kernels.team.start_methods() else set()
PAIRS = [
    (workload, strategy)
    for workload in kernels.workloads()
    for strategy in ways.STRATEGIES
    if why_never(workload, strategy) is None
]


@pytest.mark.parametrize(("workload", "strategy"), PAIRS)
def test_fewer_items_than_workers_are_enough(workload: str, strategy: str) -> None:
    ways.need(workload, strategy)

    examples = EXAMPLES.get(strategy, 1)
    phases = [Phase.explicit, Phase.generate] if examples else [Phase.explicit]

    @settings(max_examples=max(1, examples), phases=phases, suppress_health_check=list(HealthCheck))
    @given(size=st.integers(1, 4), more=st.integers(1, 5), seed=st.integers(0, 2**32))
    @example(size=1, more=2, seed=0)
    def right(size: int, more: int, seed: int) -> None:
        start_method = "fork" if strategy in FAST else None
        problem = kernels.problem(workload, size, seed)
        with kernels.open(workload, strategy, workers=size + more, problem=problem, start_method=start_method) as team:
            for _ in range(2):
                team.check(team.run())

    right()
