"""Dask and Ray, which take seconds to start: what is asked of every strategy, in as few teams as will do.

``make test-engines`` takes them through the tests that the other strategies go through, too.
"""

import os
import signal
import sys
import time
from pathlib import Path

import faulty
import pytest
import ways
from scripts import script
from test_endings import ENDLESS, open_faulty, runs_right, told

import kernels

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them"),
]

every_engine = pytest.mark.parametrize("strategy", ways.SLOW)


@every_engine
def test_a_team_goes_on_after_an_error_and_ends_with_a_worker(strategy: str, tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.touch()
    with open_faulty(strategy, None, orders) as team:
        assert runs_right(team)
        for order, what in (
            ("raise", "item 0 is bad"),
            ("raise unpicklable", "Unpicklable"),
            ("raise unbuildable", "Unbuildable"),
            ("answer unpicklable", "lock"),
            ("answer unbuildable", "Unbuildable"),
        ):
            orders.write_text(order)
            with pytest.raises((ValueError, TypeError)) as caught:
                team.run()
            assert what in told(caught.value)
        orders.write_text("")
        assert runs_right(team)
        orders.write_text("kill")
        with pytest.raises(kernels.WorkerDied, match=ways.death(strategy, -signal.SIGKILL)):
            team.run()
        with pytest.raises(RuntimeError, match="this team is closed"):
            team.run()


@every_engine
def test_the_answers_of_arrays_scalars_and_structures_are_right(strategy: str) -> None:
    for workload in ("cubes", "queens", "strings"):
        ways.need(workload, strategy)
        with kernels.open(workload, strategy, workers=3, size=2) as team:
            for _ in range(2):
                team.check(team.run())


@every_engine
def test_ctrl_c_ends_a_kernel_that_never_ends(strategy: str, tmp_path: Path) -> None:
    ways.need(faulty, strategy)
    orders = tmp_path / "orders"
    orders.write_text("wait")
    with script(ENDLESS, strategy, "", str(orders)) as process:
        assert process.stdout is not None
        while not orders.with_suffix(".running").exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT
