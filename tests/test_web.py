"""The sites that are crawled: all within reach, each page fetched once, and a server that ends with its team."""

import dataclasses
import hashlib
import json
import os
import signal
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import ways
from hypothesis import given
from hypothesis import strategies as st
from scripts import script

import kernels
from kernels.workloads import _web as web
from kernels.workloads import crawl

CRAWLING = Path(__file__).parent / "data" / "crawling.py"
PAGES = 100

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

every_way = pytest.mark.parametrize(
    ("strategy", "start_method"), [way for way in ways.EVERY if callable(getattr(crawl, way.values[0], None))]
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")


@pytest.fixture
def problem() -> crawl.Problem:
    return dataclasses.replace(crawl.problem(PAGES, seed=5), latency=0.001)


@given(pages=st.integers(1, 300), seed=st.integers(0, 2**64))
def test_every_page_is_within_reach_of_its_sites_front_page(pages: int, seed: int) -> None:
    found = set(range(min(pages, len(web.SITES))))
    frontier = list(found)
    while frontier:
        page = frontier.pop()
        assert web.number(web.address(page)) == page
        body = web.html(seed, pages, page)
        digest, links = crawl._read(body)
        assert digest == hashlib.sha256(body).digest()
        assert {link % len(web.SITES) for link in links} == {page % len(web.SITES)}
        frontier += set(links) - found
        found |= set(links)
    assert found == set(range(pages))


def served(port: int) -> dict[str, int]:
    """How often a server has served which page."""
    with closing(HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", "/stats")
        counts: dict[str, int] = json.load(connection.getresponse())
        return counts


@every_way
def test_every_page_is_fetched_once(strategy: str, start_method: str | None, problem: crawl.Problem) -> None:
    ways.need(crawl, strategy)
    with kernels.open(crawl, strategy, workers=3, problem=problem, start_method=start_method) as team:
        for run in (1, 2):
            team.run()
            assert served(team.problem.port) == {web.address(page): run for page in range(PAGES)}


def test_a_page_that_is_not_there_is_an_error_after_which_the_connection_can_be_used(problem: crawl.Problem) -> None:
    with crawl.running(problem) as running, closing(crawl._connect(running.port)) as connection:
        with pytest.raises(RuntimeError, match="404 Not Found"):
            crawl._fetch(connection, PAGES)
        assert crawl._fetch(connection, 0) == web.html(problem.seed, PAGES, 0)


@posix
def test_a_server_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="did not start"):
        kernels.open(crawl)


def test_what_is_missing_for_asyncio_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "aiohttp" in (kernels.why_not(crawl, "asyncio") or "")
    assert kernels.why_not(crawl, "threaded") is None


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
@every_way
def test_the_server_does_not_outlive_its_team(number: int, strategy: str, start_method: str | None) -> None:
    ways.need(crawl, strategy)
    with script(CRAWLING, strategy, start_method or "") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
            _, errors = process.communicate(timeout=20)
            # The script's own traceback, which may be a chain, and neither the server's nor a worker's.
            assert errors.count("Traceback") == 1 + errors.count("During handling of the above exception")
            # Not always the last line: asyncio may warn of a coroutine that it had not begun.
            assert "\nKeyboardInterrupt\n" in errors
        else:
            process.kill()
