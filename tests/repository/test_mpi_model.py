"""What is predicted from the time of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from kernels.workloads import histogram_merged, stencil
from tools import mpi_model as model

sane = st.floats(1e-7, 1e-3)


@given(latency=sane, bandwidth=st.floats(1e8, 1e11))
def test_the_fit_finds_the_network_that_times_come_from(latency: float, bandwidth: float) -> None:
    network = model.Network(latency, bandwidth)
    found = model.fitted({size: network.message(size) for size in model.BYTES})
    assert found.latency == pytest.approx(latency, rel=1e-3)
    assert found.bandwidth == pytest.approx(bandwidth, rel=1e-3)


@pytest.mark.parametrize("workload", model.WORKLOADS)
def test_more_ranks_and_slower_messages_are_never_predicted_to_pay(workload: str) -> None:
    array_bytes = 8_000 if workload in ("triad", "stencil", "parzen") else 0
    problem = kernels.problem(workload, 100)

    def predicted(latency: float, ranks: int) -> float:
        network = model.Network(latency, 1e10)
        waited = model.communication(kernels.workload(workload), problem, array_bytes, ranks, network)
        return model.efficiency(1.0, 10**6, waited, ranks)

    @given(latency=sane, ranks=st.integers(2, 1000))
    def holds(latency: float, ranks: int) -> None:
        assert 0 < predicted(latency, 2 * ranks) <= predicted(latency, ranks) <= 1
        assert predicted(2 * latency, ranks) <= predicted(latency, ranks)

    holds()


def test_a_coordinated_workload_says_what_it_sends() -> None:
    """Two halos of a row and its borders each round; a reduction of 256 counts."""
    rows = 100 + 2 * stencil.RADIUS
    assert stencil.messages(stencil.problem(100), ranks=8) == (2 * stencil.ROUNDS, stencil.RADIUS * rows * 8)
    assert histogram_merged.messages(histogram_merged.problem(100), ranks=8) == (3, 256 * 8)


def test_without_messages_only_whole_items_cost_efficiency() -> None:
    assert model.efficiency(1.0, items=100, waited=0.0, ranks=4) == 1
    assert model.efficiency(1.0, items=3, waited=0.0, ranks=2) == pytest.approx(0.75)
