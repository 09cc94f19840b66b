"""The time of a message."""

import importlib.util

import pytest

from kernels.mpi import messages

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.mark.parametrize("way", messages.WAYS)
@pytest.mark.parametrize("size", [1, 70_001])
def test_a_message_takes_some_time_by_every_way(way: str, size: int) -> None:
    if importlib.util.find_spec("mpi4py") is None and messages.why_not(way):
        pytest.skip(str(messages.why_not(way)))
    assert 0 < messages.one_way_seconds(way, size) < 1


def test_another_way_is_refused() -> None:
    with pytest.raises(ValueError, match=r"way must be one of 'mpi', .*, not 'post'"):
        messages.one_way_seconds("post", 8)
