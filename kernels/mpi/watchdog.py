"""Ends a job on several hosts when the network between two of them fails; MPI itself waits for ever.

One rank of each host keeps a TCP connection to rank 0 on which nothing is sent. The operating system
checks every second whether the other end is still there (keepalive, RFC 9293, section 3.8.4), also
while a computation holds the GIL. When the connection breaks, the rank ends, and with it the job.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

IDLE_SECONDS, INTERVAL_SECONDS, PROBES = 3, 1, 5  # so that a link is given up after 8 seconds
REACH_SECONDS = 2.0
WELCOME = b"+"
SIOCGIFADDR = 0x8915  # of Linux: an interface's address


@contextlib.contextmanager
def watched(comm: Any) -> Iterator[None]:
    """While the context lasts, end this rank's process when its host's connection to rank 0 breaks.

    All ranks enter and leave it together. A host that cannot connect to rank 0, by its name or by an IPv4 address,
    is not watched, and says so on standard error.
    """
    from mpi4py import MPI

    host = comm.Split_type(MPI.COMM_TYPE_SHARED, key=comm.rank)
    leaders = comm.Split(0 if host.rank == 0 else MPI.UNDEFINED, key=comm.rank)
    connections = _connected(leaders) if host.rank == 0 else []
    over = threading.Event()
    for connection in connections:
        connection.settimeout(None)
        _keep_alive(connection)
        threading.Thread(target=_watch, args=(connection, over), daemon=True).start()
    yield
    comm.Barrier()  # no connection is closed before all ranks are done; after an exception the job is aborted
    over.set()
    comm.Barrier()
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def _connected(leaders: Any) -> list[socket.socket]:
    """At rank 0 a connection to each other host that can reach it, there one to rank 0."""
    if leaders.size == 1:
        return []
    if leaders.rank > 0:
        addresses, port, token = leaders.bcast(None)
        connection = _reach(addresses, port, token)
        leaders.gather(connection is not None)
        return [] if connection is None else [connection]
    token = secrets.token_bytes(16)
    connections: list[socket.socket] = []
    with socket.create_server(("", 0), backlog=leaders.size) as door:
        threading.Thread(target=_let_in, args=(door, token, connections), daemon=True).start()
        leaders.bcast((_addresses(), door.getsockname()[1], token))
        reached = sum(leaders.gather(True)) - 1
        while len(connections) < reached:  # a host learns that it is connected a moment before it is listed here
            time.sleep(0.001)
    return connections


def _addresses() -> list[str]:
    """The name of this host and, where the system tells them, the addresses of its interfaces."""
    found = [socket.gethostname()]
    with contextlib.suppress(ImportError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        import fcntl

        for _, interface in socket.if_nameindex():
            with contextlib.suppress(OSError):  # one without an address
                request = struct.pack("256s", interface.encode()[:15])
                found.append(socket.inet_ntoa(fcntl.ioctl(any_socket, SIOCGIFADDR, request)[20:24]))
    return [address for address in found if not address.startswith("127.")]


def _reach(addresses: list[str], port: int, token: bytes) -> socket.socket | None:
    """A connection to rank 0; the token tells it from another host that has the same address here."""
    for address in addresses:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection((address, port), REACH_SECONDS))
            connection.sendall(token)
            if connection.recv(1) == WELCOME:
                stack.pop_all()
                return connection
    sys.stderr.write(f"{socket.gethostname()} is not watched: it reaches rank 0 by none of {', '.join(addresses)}\n")
    return None


def _let_in(door: socket.socket, token: bytes, connections: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):  # raised when the door is closed
        while True:
            connection, _ = door.accept()
            with contextlib.suppress(OSError):
                connection.settimeout(REACH_SECONDS)
                if connection.recv(len(token), socket.MSG_WAITALL) == token:
                    connection.sendall(WELCOME)
                    connections.append(connection)


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))  # Linux and Windows; macOS
    for option, value in (
        (idle, IDLE_SECONDS),
        (getattr(socket, "TCP_KEEPINTVL", None), INTERVAL_SECONDS),
        (getattr(socket, "TCP_KEEPCNT", None), PROBES),
    ):
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _watch(connection: socket.socket, over: threading.Event) -> None:
    """Wait for the connection's end, and end this process then, unless the job is over."""
    here, there = (name[0] for name in (connection.getsockname(), connection.getpeername()))
    try:
        connection.recv(1)
        how = "closed"
    except OSError as error:
        how = str(error)
    if not over.is_set():
        os.write(2, f"the connection between {here} and {there} is lost ({how}): the job ends\n".encode())
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
