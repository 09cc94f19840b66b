"""How much the pairs of a benchmark usually vary on a machine, as the results of other builds tell.

Two or three pairs say little of their own noise. That of a benchmark is much the same from build to build, and what
all of them show says where pairs are needed, and how far off a mean of few may be.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from asv_gate.errors import GateError
from asv_gate.history import rows
from asv_gate.history.estimate import Usual
from asv_gate.history.reference import Build

BUILDS = 3  # the fewest that tell what is usual
COMMIT = 8  # characters of a file's name, which an environment's come after
ALL = f"{'?' * COMMIT}-*.json"


def known(
    folder: Path, build: Build, entries: Sequence[Mapping[str, Any]], tell: Callable[[str], None]
) -> dict[str, Usual]:
    """By benchmark, with parameters, how much its pairs vary in other builds of a machine.

    Those of the build's environment tell, or all where it has too few; of a benchmark with fewer nothing is known.

    Parameters
    ----------
    folder
        The machine's results.
    build
        The one that is to be measured.
    entries
        The suite's benchmarks, as asv's discovery has them: results of other versions are left out.
    tell
        Told of each file that cannot be read.

    """
    own = rows.file_name(build)
    beside: dict[str, list[float]] = defaultdict(list)
    anywhere: dict[str, list[float]] = defaultdict(list)
    for file in sorted(folder.glob(ALL)):
        if file.name == own:
            continue
        try:
            quartiles = rows.quartiles(file, entries)
        except GateError as error:
            tell(str(error))
            continue
        for name, (length, pairs) in quartiles.items():
            anywhere[name].append(noise_of(length, pairs))
            if file.name[COMMIT:] == own[COMMIT:]:
                beside[name].append(anywhere[name][-1])
    found = {name: beside[name] if len(beside[name]) >= BUILDS else noises for name, noises in anywhere.items()}
    return {name: Usual(float(np.mean(noises)), len(noises)) for name, noises in found.items() if len(noises) >= BUILDS}


def noise_of(length: float, pairs: int) -> float:
    """The standard deviation of pairs, of which one quarter lies below a range of this length, and one above.

    As it is in the mean for normal ones, whose order statistics are Blom's ("Statistical Estimates and Transformed
    Beta-Variables", 1958).
    """
    scores = [NormalDist().inv_cdf((place - 0.375) / (pairs + 0.25)) for place in range(1, pairs + 1)]
    low, high = np.quantile(scores, (0.25, 0.75))
    return length / float(high - low)
