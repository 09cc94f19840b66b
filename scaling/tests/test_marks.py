"""How strategies are told apart in a graph, by readers with any colour vision and in greyscale."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from colorspacious import cspace_convert

from asv_scaling import marks

LEAST_DIFFERENCE = 15  # in CAM02-UCS, where 1 can just be seen of two patches side by side
LEAST_CONTRAST = 2  # to white paper
DICHROMACIES = ("protanomaly", "deuteranomaly", "tritanomaly")


def seen_by(dichromacy: str) -> Callable[[np.ndarray], np.ndarray]:
    space = {"name": "sRGB1+CVD", "cvd_type": dichromacy, "severity": 100}
    return lambda colours: np.clip(cspace_convert(colours, space, "sRGB1"), 0, 1)


def rgb(colours: tuple[str, ...]) -> np.ndarray:
    return np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])


def luminance(colours: np.ndarray) -> np.ndarray:
    """Relative luminance as WCAG 2 defines it."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("vision", ["all colours", *DICHROMACIES])
def test_every_kind_of_colour_vision_tells_the_colours_apart(vision: str) -> None:
    colours = rgb(marks.COLOURS)
    seen = colours if vision == "all colours" else seen_by(vision)(colours)
    spaced = cspace_convert(seen, "sRGB1", "CAM02-UCS")
    near = {
        (one, other): float(np.linalg.norm(spaced[one] - spaced[other]))
        for one, other in itertools.combinations(range(len(colours)), 2)
    }
    assert min(near.values()) >= LEAST_DIFFERENCE, min(near, key=near.__getitem__)


def test_the_colours_stand_out_from_white_paper() -> None:
    assert (1.05 / (luminance(rgb(marks.COLOURS)) + 0.05)).min() >= LEAST_CONTRAST


def test_in_greyscale_the_marks_tell_strategies_apart() -> None:
    looks = marks.looks([f"strategy {number}" for number in range(17)], "strategy 0")
    without_colour = {(look.shape, look.fill == marks.WHITE) for look in looks.values()}
    assert len(without_colour) == 17


def test_no_two_strategies_look_the_same() -> None:
    looks = marks.looks([f"strategy {number}" for number in range(200)], "none")
    assert len({(look.colour, look.fill, look.shape) for look in looks.values()}) == 200
    first = list(looks.values())[: len(marks.COLOURS) - 1]
    assert len({look.colour for look in first}) == len(first)


def test_serial_looks_the_same_in_every_suite() -> None:
    assert marks.looks(["pool", "serial"], "serial")["serial"] == marks.looks(["serial"], "serial")["serial"]
    assert list(marks.looks(["pool", "serial", "pool"], "serial")) == ["pool", "serial"]
    assert list(marks.looks(["pool"], "serial")) == ["pool"]
