"""A script whose workers import it for ever: ``never_up.py STRATEGY START_METHOD``. They say "importing" first."""

import os
import sys
import threading

import kernels
from kernels.workloads import polynomial

if __name__ == "__mp_main__":  # which is how workers import it
    os.write(1, b"importing\n")  # at once, since both workers write
    threading.Event().wait()


class Terms(polynomial.Problem):
    """What workers can only rebuild once they have imported this script."""


if __name__ == "__main__":
    kernels.run("polynomial", sys.argv[1], workers=2, problem=Terms(0, 10), start_method=sys.argv[2] or None)
