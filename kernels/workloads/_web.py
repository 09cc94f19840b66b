"""27 small web sites, and the server that has them: each page answers after a set latency.

The sites are pages of HTML that depend on a seed alone. The server is a process of its own on the
loopback interface, so that what its clients are measured by is how they wait. This file is also
that process's program, for which the standard library is enough.
"""

import contextlib
import json
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

SITES = (
    *("alder", "ash", "aspen", "beech", "birch", "cedar", "cherry", "elm", "fir"),
    *("hazel", "holly", "hornbeam", "juniper", "larch", "lime", "maple", "oak", "olive"),
    *("pear", "pine", "plane", "poplar", "rowan", "spruce", "walnut", "willow", "yew"),
)
WORDS = 300  # of text on a page: about 2 KB


def address(page: int) -> str:
    """The path of page `page` of all: the pages go round the sites, whose front pages come first."""
    return f"/{SITES[page % len(SITES)]}/{page // len(SITES)}"


def number(address: str) -> int:
    """Which page has this path."""
    site, place = address.removeprefix("/").split("/")
    return int(place) * len(SITES) + SITES.index(site)


def html(seed: int, pages: int, page: int) -> bytes:
    """Page `page` of `pages`.

    The pages of a site are a binary tree from its front page down, so that none is out of reach.
    Each links back to the front page as well, and to a random page, so that most are linked to
    more than once.
    """
    rng = random.Random(f"{seed} {page}")
    site, place = page % len(SITES), page // len(SITES)
    places = len(range(site, pages, len(SITES)))
    linked = [2 * place + 1, 2 * place + 2, 0, rng.randrange(places)]
    links = [address(site + len(SITES) * k) for k in linked if k < places]
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    text = " ".join(rng.choices(SITES, k=WORDS))
    return f"<!doctype html><title>{address(page)}</title><p>{text}</p><ul>{items}</ul>\n".encode()


@contextlib.contextmanager
def serving(seed: int, pages: int, latency: float) -> Iterator[int]:
    """The server's port on 127.0.0.1; the server runs until the context is left, or this process ends."""
    command = [sys.executable, "-I", __file__, str(seed), str(pages), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline() if server.stdout else ""
            if not port:
                raise RuntimeError(f"the server of the pages did not start: exit code {server.wait()}")
            yield int(port)
        finally:
            server.terminate()  # the end of its input does not do: forked workers of another team may hold that open
            server.wait()


class _Server(socketserver.ThreadingTCPServer):
    """Serves pages by their path, and at ``/stats`` how often it has served which."""

    daemon_threads = True
    request_queue_size = 128  # a client that does not fit in the queue tries again after a second

    def __init__(self, pages: dict[str, bytes], latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.latency = pages, latency
        self.served: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # which a client that is killed leaves behind
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"  # connections are kept
    wbufsize = -1  # an answer is sent in one piece,
    disable_nagle_algorithm = True  # and at once

    def do_GET(self) -> None:
        status, body = HTTPStatus.OK, self.server.pages.get(self.path, b"")
        if body:
            time.sleep(self.server.latency)
            with self.server.lock:
                self.server.served[self.path] += 1
        elif self.path == "/stats":
            with self.server.lock:
                body = json.dumps(self.server.served).encode()
        else:
            status = HTTPStatus.NOT_FOUND
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _serve(seed: int, pages: int, latency: float) -> None:
    """Serve until standard input ends, as it does when the process that started this one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for that process, which then ends this one
    with _Server({address(page): html(seed, pages, page) for page in range(pages)}, latency) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
