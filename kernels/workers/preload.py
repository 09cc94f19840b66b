"""What every worker needs, imported once, in the fork server; it is imported nowhere else."""

import sys

# A fork server looks for modules in the current folder first, where a numpy.py would be taken for NumPy.
sys.path[:] = [folder for folder in sys.path if folder]

import numpy as np  # noqa: E402, F401

import kernels.strategies.shared  # noqa: E402, F401
