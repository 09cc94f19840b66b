"""Runs a command to which the kernel refuses some system calls: ``python forbid.py ENOSYS pidfd_open,... COMMAND``.

As old kernels and the filters of containers do; it needs Linux with seccomp.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {
        "sched_setaffinity": 203,
        "sched_getaffinity": 204,
        "process_vm_readv": 310,
        "memfd_create": 319,
        "pidfd_open": 434,
        "close_range": 436,
        "prctl": 157,
    },
    "aarch64": {
        "sched_setaffinity": 122,
        "sched_getaffinity": 123,
        "process_vm_readv": 270,
        "memfd_create": 279,
        "pidfd_open": 434,
        "close_range": 436,
        "prctl": 167,
    },
}.get(platform.machine(), {})
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # of BPF
NUMBER_AT, ARGUMENT_AT = 0, 16  # in what the filter is given
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NO_NEW_PRIVILEGES, SET_FILTER, SUBREAPER = 38, 22, 36


def instruction(code: int, value: int, on_yes: int = 0, on_no: int = 0) -> bytes:
    return struct.pack("HBBI", code, on_yes, on_no, value)


def program(names: list[str], error: int) -> bytes:
    code = b""
    for name in names:
        code += instruction(LOAD, NUMBER_AT)
        if name == "prctl":  # of it only becoming a subreaper: the filter itself needs the rest
            code += instruction(EQUAL, NUMBERS[name], 0, 3)
            code += instruction(LOAD, ARGUMENT_AT) + instruction(EQUAL, SUBREAPER, 0, 1)
        else:
            code += instruction(EQUAL, NUMBERS[name], 0, 1)
        code += instruction(RETURN, REFUSE | error)
    return code + instruction(RETURN, ALLOW)


def forbid(names: list[str], error: int) -> bool:
    """Whether the kernel has taken it, for this process and all that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = program(names, error)
    kept = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HL", len(code) // 8, ctypes.addressof(kept))
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(SET_FILTER, 2, ctypes.create_string_buffer(filter_, len(filter_)), 0, 0) == 0)


if __name__ == "__main__":
    if not forbid(sys.argv[2].split(","), getattr(errno, sys.argv[1])):
        sys.exit("seccomp is not to be had here")
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - a shell is not wanted
