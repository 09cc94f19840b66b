"""The time of a message, and what is predicted from it."""

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.mpi import messages, model

pytestmark = pytest.mark.usefixtures("nothing_left")

sane = st.floats(1e-7, 1e-3)


@pytest.mark.parametrize("way", messages.WAYS)
@pytest.mark.parametrize("size", [1, 70_001])
def test_a_message_takes_some_time_by_every_way(way: str, size: int) -> None:
    if importlib.util.find_spec("mpi4py") is None and messages.why_not(way):
        pytest.skip(str(messages.why_not(way)))
    assert 0 < messages.one_way_seconds(way, size) < 1


def test_another_way_is_refused() -> None:
    with pytest.raises(ValueError, match=r"way must be one of 'mpi', .*, not 'post'"):
        messages.one_way_seconds("post", 8)


@given(latency=sane, bandwidth=st.floats(1e8, 1e11))
def test_the_fit_finds_the_network_that_times_come_from(latency: float, bandwidth: float) -> None:
    network = model.Network(latency, bandwidth)
    found = model.fitted({size: network.message(size) for size in model.BYTES})
    assert found.latency == pytest.approx(latency, rel=1e-3)
    assert found.bandwidth == pytest.approx(bandwidth, rel=1e-3)


@pytest.mark.parametrize("workload", model.WORKLOADS)
@given(latency=sane, ranks=st.integers(2, 1000))
def test_more_ranks_and_slower_messages_are_never_predicted_to_pay(workload: str, latency: float, ranks: int) -> None:
    array_bytes = 8_000 if workload in ("triad", "stencil", "parzen") else 0

    def predicted(latency: float, ranks: int) -> float:
        network = model.Network(latency, 1e10)
        waited = model.communication(workload, 10**6, array_bytes, ranks, network)
        return model.efficiency(1.0, 10**6, waited, ranks)

    assert 0 < predicted(latency, 2 * ranks) <= predicted(latency, ranks) <= 1
    assert predicted(2 * latency, ranks) <= predicted(latency, ranks)


def test_without_messages_only_whole_items_cost_efficiency() -> None:
    assert model.efficiency(1.0, items=100, waited=0.0, ranks=4) == 1
    assert model.efficiency(1.0, items=3, waited=0.0, ranks=2) == pytest.approx(0.75)
