"""Crawl 27 small web sites from their front pages on: waiting for a network, with work that turns up on the way.

Each page answers after a set latency, and is found only once a page that links to it has been
read. So the pages still to be fetched are a frontier that all workers take from and add to; the
one who finds that no page is left open ends it for all. A page is fetched once, over a
connection that its worker keeps.
"""

import asyncio as aio
import contextlib
import dataclasses
import functools
import hashlib
import importlib.util
import queue
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.workers.together import ThreadTools
from kernels.workloads import _web as web

SIZES = {"S": 54, "M": 216, "L": 648}  # pages: 2, 8 and 24 on each site
LATENCY = 0.005  # seconds
TIMEOUT = 10.0  # seconds after which a server that does not answer is given up
LINK = re.compile(rb'<a href="([^"]+)"')  # enough for these pages
DIGEST = 32  # bytes of SHA-256
NOTHING: tuple[bytes, list[int]] = bytes(DIGEST), []  # read, where nothing was
END = None  # what each worker takes from the frontier as its last


@dataclass(frozen=True)
class Problem:
    """`pages` pages in all, which depend on `seed`; `port` is their server's while it runs."""

    seed: int
    pages: int
    latency: float
    port: int = 0

    def __len__(self) -> int:
        return self.pages


def problem(size: int, seed: int = 0) -> Problem:
    """`size` pages; their server is started when a team opens."""
    return Problem(seed, size, LATENCY)


@contextlib.contextmanager
def running(problem: Problem) -> Iterator[Problem]:
    """The problem with the server of its pages, which runs in a process of its own."""
    with web.serving(problem.seed, problem.pages, problem.latency) as port:
        yield dataclasses.replace(problem, port=port)


def missing(strategy: str) -> str | None:
    """The package that fetches pages asynchronously."""
    if strategy == "asyncio" and importlib.util.find_spec("aiohttp") is None:
        return "aiohttp is not installed (pip install aiohttp)"
    return None


def serial(problem: Problem) -> np.ndarray:
    """One page after the other, over one connection: shape (pages, 32), uint8, the pages' digests."""
    crawl = _crawl(problem)
    frontier: deque[int | None] = deque(_begin(crawl))
    with contextlib.closing(_connect(problem.port)) as connection:
        for page in iter(frontier.popleft, END):
            frontier.extend(_enter(crawl, 1, page, *_read(_fetch(connection, page))))
    return _digests(crawl)


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
    """The tasks come from the frontier, to which their results add."""
    crawl = _crawl(problem)
    frontier: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for page in _begin(crawl):
        frontier.put(page)
    visit = functools.partial(_visit, problem.port)
    try:
        for page, digest, links in pool.imap_unordered(visit, iter(frontier.get, END)):
            for link in _enter(crawl, 1, page, digest, links):
                frontier.put(link)
    finally:
        frontier.put(END)  # after a failure too: the pool waits for tasks in a thread of its own
    return _digests(crawl)


def _visit(port: int, page: int) -> tuple[int, bytes, list[int]]:
    return page, *_read(_fetch(_kept(port), page))


@functools.cache
def _kept(port: int) -> HTTPConnection:
    """The connection of a worker process, from its first page on."""
    return _connect(port)


async def asyncio(problem: Problem, workers: int) -> np.ndarray:
    """Tasks of one event loop, which take from a frontier that needs no lock."""
    import aiohttp

    crawl = _crawl(problem)
    frontier: aio.Queue[Any] = aio.Queue()
    for page in _begin(crawl):
        frontier.put_nowait(page)

    async def work() -> None:
        while (page := await frontier.get()) is not END:
            async with session.get(web.address(page)) as response:
                body = await response.read()
            for link in _enter(crawl, workers, page, *_read(body)):
                frontier.put_nowait(link)

    limit = aiohttp.ClientTimeout(TIMEOUT)
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{problem.port}", raise_for_status=True, timeout=limit
    ) as session:
        await aio.gather(*(work() for _ in range(workers)))
    return _digests(crawl)


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """What is known of a crawl; the lock of `open`, the number of pages found and not yet read, is for all of it."""
    return {
        "digests": make.array((len(problem), DIGEST), np.uint8),
        "found": make.array((len(problem),), np.bool_),
        "open": make.value(),
        "frontier": make.queue(0),
    }


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """All workers take pages from the shared frontier, and add to it those that are found."""
    together.everyone(_work, _begin(together.state))
    return _digests(together.state)


shared = threaded  # the state is the threads' or in shared memory; the rest is the same


def _work(member: Member, fronts: list[int]) -> None:
    """Fetch pages from the frontier, up to an end mark.

    After a failure the frontier is emptied all the same, without a page being fetched: the others
    wait for its end, and the next run for an empty one.
    """
    state, failure = member.state, None
    for page in fronts if member.rank == 0 else ():
        state.frontier.put(page)
    with contextlib.closing(_connect(member.problem.port)) as connection:
        for page in iter(state.frontier.get, END):
            digest, links = NOTHING
            try:
                if not member.stopping:
                    digest, links = _read(_fetch(connection, page))
            except Exception as error:
                member.stop()
                failure = error
            for link in _enter(state, member.workers, page, digest, links):
                state.frontier.put(link)
    if failure is not None:
        raise failure


def _crawl(problem: Problem) -> SimpleNamespace:
    """The state of a crawl whose frontier is kept by one thread."""
    return SimpleNamespace(**state(problem, 1, ThreadTools()))


def _begin(state: SimpleNamespace) -> list[int]:
    """Forget what is known but the front pages, with which the frontier begins."""
    fronts = range(min(len(web.SITES), len(state.found)))
    state.digests.fill(0)
    state.found.fill(False)
    state.found[fronts] = True
    state.open.value = len(fronts)
    return list(fronts)


def _enter(state: SimpleNamespace, workers: int, page: int, digest: bytes, links: list[int]) -> list[int | None]:
    """Note what was read on a page; what that adds to the frontier: pages not found before, or all end marks."""
    with state.open.get_lock():
        state.digests[page] += np.frombuffer(digest, np.uint8)  # a page that is read twice is then wrong
        found: list[int | None] = [link for link in dict.fromkeys(links) if not state.found[link]]
        state.found[found] = True
        state.open.value += len(found) - 1
        return found if state.open.value else [END] * workers


def _digests(state: SimpleNamespace) -> np.ndarray:
    digests: np.ndarray = state.digests
    return digests


def _connect(port: int) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)


def _fetch(connection: HTTPConnection, page: int) -> bytes:
    connection.request("GET", web.address(page))
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{web.address(page)}: {response.status} {response.reason}")
    return body


def _read(body: bytes) -> tuple[bytes, list[int]]:
    """A page's digest, and the pages that it links to."""
    return hashlib.sha256(body).digest(), [web.number(link.decode()) for link in LINK.findall(body)]


def check(problem: Problem, answer: np.ndarray) -> None:
    """The digests of the pages as they are made, without server and links."""
    bodies = (web.html(problem.seed, problem.pages, page) for page in range(problem.pages))
    digests = b"".join(hashlib.sha256(body).digest() for body in bodies)
    require_equal(answer, np.frombuffer(digests, np.uint8).reshape(-1, DIGEST))
