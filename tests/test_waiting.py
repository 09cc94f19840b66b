"""Workloads that wait for one another, a clock or a network: nothing lost, nothing twice, nobody left waiting."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pytest
import ways
from hypothesis import given
from hypothesis import strategies as st

import kernels
from kernels.workloads import crawl, pipeline, sleep

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

WRITTEN = [way for way in ways.EVERY if callable(getattr(crawl, way.values[0], None))]
# What a test changes in a module reaches workers that are threads, or forked from the test's own process.
PATCHABLE = [way for way in WRITTEN if way.values[1] in (None, "fork") and way.values[0] != "serial"]
FORKED = [way for way in PATCHABLE if way.values[1] == "fork"]

each_workload = pytest.mark.parametrize("workload", [pipeline, sleep, crawl], ids=["pipeline", "sleep", "crawl"])
every_way = pytest.mark.parametrize(("strategy", "start_method"), WRITTEN)


def small(workload: Any) -> Any:
    """A problem that is solved in no time, with more items than workers."""
    if workload is crawl:
        return dataclasses.replace(crawl.problem(60, seed=5), latency=0.001)
    return workload.problem(12, seed=5)


@each_workload
@every_way
def test_every_version_gives_a_right_answer_run_after_run(
    workload: Any, strategy: str, start_method: str | None
) -> None:
    ways.need(workload, strategy)
    for workers in ways.WORKERS[start_method]:
        problem = small(workload)
        with kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team:
            for _ in range(2):
                answer = team.run()
                team.check(answer)
                answer.fill(0)  # so that the next run cannot pass by doing nothing


@each_workload
@pytest.mark.parametrize("strategy", ["threaded", "pool", "shared", "asyncio"])
def test_one_item_is_enough_for_many_workers(workload: Any, strategy: str) -> None:
    ways.need(workload, strategy)
    kernels.run(workload, strategy, workers=3, size=1)


def test_a_loop_that_runs_already_is_left_alone() -> None:
    """As in every notebook, whose cells run in one."""

    async def cell() -> None:
        with kernels.open("sleep", "asyncio", workers=2, size=4) as team:
            for _ in range(2):
                team.check(team.run())
            with pytest.raises(RuntimeError, match="naps badly"):
                kernels.run(Failing(), "asyncio", problem=team.problem)
        assert await asyncio.sleep(0, "this loop still runs") == "this loop still runs"

    asyncio.run(cell())


def test_ctrl_c_in_a_notebook_ends_what_waits() -> None:
    async def cell() -> None:
        kernels.run(Endless(), "asyncio", problem=sleep.problem(4))

    begun.clear()
    threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGINT)).start()
    with contextlib.closing(asyncio.new_event_loop()) as loop, pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(cell())


begun = threading.Event()


class Failing(SimpleNamespace):
    """A workload whose version for asyncio fails."""

    SIZES = sleep.SIZES
    problem, check, serial = staticmethod(sleep.problem), staticmethod(sleep.check), staticmethod(sleep.serial)

    async def asyncio(self, problem: Any, workers: int) -> None:
        raise RuntimeError("this naps badly")


class Endless(Failing):
    """One whose version for asyncio never ends."""

    async def asyncio(self, problem: Any, workers: int) -> None:
        asyncio.get_running_loop().call_soon(begun.set)
        await asyncio.Event().wait()


@each_workload
def test_a_problem_has_as_many_items_as_were_asked_for_and_is_read_only(workload: Any) -> None:
    problem = workload.problem(7)
    assert len(problem) == 7
    arrays = [value for value in vars(problem).values() if isinstance(value, np.ndarray)]
    assert not any(array.flags.writeable for array in arrays)


def test_the_hash_is_the_published_one() -> None:
    published = {b"": 0xCBF29CE484222325, b"a": 0xAF63DC4C8601EC8C, b"foobar": 0x85944171F73967E8}
    assert {text: pipeline.digest(text) for text in published} == published


def test_a_record_is_parsed_digit_by_digit() -> None:
    assert pipeline.parse(b"0,12,65536") == np.array([0, 12, 65536], "<u4").tobytes()
    with pytest.raises(ValueError, match="'x'"):
        pipeline.parse(b"1,x")


@given(size=st.integers(1, 50), seed=st.integers(0, 2**64))
def test_the_longest_nap_comes_first_and_the_seed_does_not_change_how_long_all_are(size: int, seed: int) -> None:
    seconds = sleep.problem(size, seed).seconds
    assert seconds[0] == seconds.max()
    assert sorted(seconds) == sorted(sleep.problem(size).seconds)


def lose_one(answer: np.ndarray) -> np.ndarray:
    answer[3] = np.zeros_like(answer[3])
    return answer


def swap_two(answer: np.ndarray) -> np.ndarray:
    answer[[3, 5]] = answer[[5, 3]]
    return answer


def count_one_twice(answer: np.ndarray) -> np.ndarray:
    answer[3:4] += answer[3:4]
    return answer


def shorten(answer: np.ndarray) -> np.ndarray:
    return answer[:-1]


def cut_one_short(answer: np.ndarray) -> np.ndarray:
    answer["slept"][3] = sleep.SHORTEST / 2
    return answer


def repeat_one(answer: np.ndarray) -> np.ndarray:
    answer[3] = answer[5]
    return answer


@pytest.mark.parametrize(
    ("workload", "spoil"),
    [
        *((pipeline, spoil) for spoil in (lose_one, swap_two, count_one_twice, shorten)),
        *((sleep, spoil) for spoil in (lose_one, repeat_one, cut_one_short, shorten)),
        *((crawl, spoil) for spoil in (lose_one, swap_two, count_one_twice, shorten)),
    ],
)
def test_a_wrong_answer_is_found(workload: Any, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    with kernels.open(workload, problem=small(workload)) as team:
        answer = team.run()
        team.check(answer)
        with pytest.raises(kernels.WrongAnswer):
            team.check(spoil(answer))
        with pytest.raises(kernels.WrongAnswer):
            team.check(None)


def test_naps_may_come_in_any_order() -> None:
    problem = sleep.problem(8)
    sleep.check(problem, swap_two(sleep.serial(problem)))


Answer = TypeVar("Answer")

parse, digest, read = pipeline.parse, pipeline.digest, crawl._read


def obedient_parse(record: bytes) -> bytes:
    return obey("parse", parse, record)


def obedient_digest(packed: bytes) -> int:
    return obey("digest", digest, packed)


def obedient_read(body: bytes) -> tuple[bytes, list[int]]:
    return obey("read", read, body)


def obey(name: str, original: Callable[[bytes], Answer], content: bytes) -> Answer:
    """Do the work, or for some contents what the file of orders says."""
    of, _, order = Path(os.environ["ORDERS"]).read_text().partition(" ")
    if of == name and zlib.crc32(content) % 4 == 0:
        if order == "exit":
            os._exit(7)
        raise ValueError(f"{name} failed")
    return original(content)


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says where to fail, and how; nothing is in it yet."""
    file = tmp_path / "orders"
    file.touch()
    monkeypatch.setenv("ORDERS", str(file))
    monkeypatch.setattr(pipeline, "parse", obedient_parse)
    monkeypatch.setattr(pipeline, "digest", obedient_digest)
    monkeypatch.setattr(crawl, "_read", obedient_read)
    return file


FAILING = {"parse": pipeline, "digest": pipeline, "read": crawl}


@pytest.mark.parametrize("where", FAILING)
@pytest.mark.parametrize(("strategy", "start_method"), PATCHABLE)
def test_what_one_of_them_raises_leaves_nobody_waiting_and_the_team_usable(
    where: str, strategy: str, start_method: str | None, orders: Path
) -> None:
    workload: Any = FAILING[where]
    ways.need(workload, strategy)
    for workers in ways.WORKERS[start_method]:
        problem = small(workload)
        with kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team:
            for _ in range(2):
                orders.write_text(f"{where} raise")
                with pytest.raises(ValueError, match=f"^{where} failed$"):
                    team.run()
                orders.write_text("")
                team.check(team.run())


@pytest.mark.parametrize("where", FAILING)
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("strategy", "start_method"), FORKED)
def test_a_worker_that_dies_in_the_middle_ends_the_team(
    where: str, workers: int, strategy: str, start_method: str, orders: Path
) -> None:
    workload: Any = FAILING[where]
    problem = small(workload)
    with kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team:
        team.check(team.run())
        orders.write_text(f"{where} exit")
        with pytest.raises(kernels.WorkerDied, match="exit code 7"):
            team.run()


@each_workload
def test_threads_that_are_at_work_when_ctrl_c_comes_do_no_more_than_that(
    workload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[Any] = []

    def interrupted(executor: ThreadPoolExecutor, *call: Any) -> None:
        work.append(call)
        raise KeyboardInterrupt

    with kernels.open(workload, "threaded", workers=1, problem=small(workload)) as team:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            team.run()
        act, member, *rest = work[0]
        act(member, *rest)
    done = member.state.ended.value if workload is sleep else np.count_nonzero(member.state.digests)
    assert done == 0
