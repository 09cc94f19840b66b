"""What is known of a source of pairs while it is measured: the time, what pairs take, and who still can be measured."""

from typing import Protocol

import numpy as np


class Source(Protocol):
    """Where pairs come from."""

    costs: np.ndarray  # what a pair of each benchmark is expected to take, in seconds

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """A pair of each chosen benchmark: d, NaN where it could not be measured, and seconds."""


class Meter:
    """A source, and what its pairs have taken so far.

    Parameters
    ----------
    source
        Its costs are believed until pairs tell better.

    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.costs = np.array(source.costs, float)  # of a pair, in seconds
        self.alive = np.ones(len(self.costs), bool)  # by benchmark, whether all of its pairs could be measured
        self.clock = 0.0
        self.installations: list[int] = []  # of each round
        self._paid = np.zeros((2, len(self.costs)))  # pairs, and their seconds

    def round(self, chosen: np.ndarray) -> np.ndarray:
        """A pair of each chosen benchmark; both installations in turn."""
        self.installations.append(len(self.installations) % 2)
        d, seconds = self._source.round(chosen, self.installations[-1])
        self.clock += float(seconds.sum())
        self._paid[:, chosen] += np.ones(len(chosen)), seconds
        self.costs[chosen] = self._paid[1, chosen] / self._paid[0, chosen]
        self.alive[chosen[np.isnan(d)]] = False
        return d
