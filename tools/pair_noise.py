"""The noise of pairs in A/A recordings: ``python -m tools.pair_noise BEFORE AFTER``.

Of the benchmarks that all recordings have, the standard deviation of a pair's ln(head / base) about the mean of
its installation, and the seconds that a pair takes: the quantiles, and with ``--each`` every benchmark.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asv_gate.calibrate import QUIET
from asv_gate.errors import GateError
from asv_gate.recording import Recording, load
from kernels.comparing import tables

QUANTILES = (0.25, 0.5, 0.75, 0.9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print it; 1 where a recording cannot be read, or they have nothing in common."""
    parser = argparse.ArgumentParser(prog="python -m tools.pair_noise", description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    parser.add_argument("--each", action="store_true", help="every benchmark too")
    options = parser.parse_args(arguments)
    try:
        recordings = [load(path) for path in options.recordings]
    except GateError as error:
        print(f"pair_noise: {error}", file=sys.stderr)
        return 1
    names = [name for name in recordings[0].names if all(name in other.names for other in recordings)]
    if not names:
        print("pair_noise: the recordings have no benchmark in common", file=sys.stderr)
        return 1
    print(tables.markdown(quantiles(recordings, names)))
    if options.each:
        print("\n" + tables.markdown(by_benchmark(recordings, names)))
    return 0


def quantiles(recordings: Sequence[Recording], names: Sequence[str]) -> list[list[str]]:
    """A row for each recording."""
    head = ["recording", "commit", "benchmarks", "pairs of each"]
    head += [f"p{100 * q:.0f}" for q in QUANTILES]
    rows = [[*head, f"up to {QUIET:.0%}", "seconds a pair, median"]]
    for each in recordings:
        noise, seconds = of(each, names)
        rows.append(
            [
                each.path.name,
                each.header["commit"][:8],
                str(len(names)),
                str(len(each.d)),
                *(f"{100 * value:.1f} %" for value in np.quantile(noise, QUANTILES)),
                str(np.count_nonzero(noise <= QUIET)),
                f"{np.median(seconds):.2f}",
            ]
        )
    return rows


def by_benchmark(recordings: Sequence[Recording], names: Sequence[str]) -> list[list[str]]:
    """A row for each benchmark, with its noise in each recording."""
    found = [of(each, names)[0] for each in recordings]
    rows = [["benchmark", *(each.path.name for each in recordings)]]
    for number, name in enumerate(names):
        rows.append([f"`{name}`", *(f"{100 * noise[number]:.1f} %" for noise in found)])
    return rows


def of(recording: Recording, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The noise of these benchmarks, and the mean seconds of a pair of each."""
    places = [list(recording.names).index(name) for name in names]
    return recording.noise[places], recording.seconds.mean(axis=0)[places]


if __name__ == "__main__":
    sys.exit(main())
