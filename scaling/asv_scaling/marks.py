"""How the strategies of a graph are told apart: a mark for each, and a colour.

The marks do so without any colour, in print and in greyscale. The colours were chosen by a search
for twelve whose least difference, to normal vision and to each kind of dichromacy as Machado,
Oliveira and Fernandes simulate it ("A physiologically-based model for simulation of color vision
deficiency", IEEE TVCG 15, 2009), is the largest; the first differ most.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

WHITE = "#ffffff"
COLOURS = (
    "#595959",  # of serial
    "#5ab4ff",
    "#b4b400",
    "#5a0000",
    "#1e0087",
    "#a51eff",
    "#f09696",
    "#a5784b",
    "#3c1e2d",
    "#784b00",
    "#2d5a87",
    "#8787a5",
)
# As SVG paths, in a square from -1 to 1, where Vega has no name for them.
STAR = "M0,-1.1L.26,-.36L1.05,-.34L.42,.14L.65,.89L0,.44L-.65,.89L-.42,.14L-1.05,-.34L-.26,-.36Z"
SALTIRE = "M-.9,-.6L-.6,-.9L0,-.3L.6,-.9L.9,-.6L.3,0L.9,.6L.6,.9L0,.3L-.6,.9L-.9,.6L-.3,0Z"
# A shape, and whether it is filled.
MARKS = (
    ("circle", True),
    ("square", True),
    ("triangle-up", True),
    ("diamond", True),
    ("cross", True),
    ("triangle-down", True),
    (STAR, True),
    (SALTIRE, True),
    ("circle", False),
    ("square", False),
    ("triangle-up", False),
    ("diamond", False),
    ("triangle-right", True),
    ("triangle-left", True),
    ("triangle-down", False),
    ("triangle-right", False),
    ("triangle-left", False),
)


@dataclass(frozen=True)
class Look:
    """The colour of a strategy's line and the outline of its mark, the fill of the mark, and its shape."""

    colour: str
    fill: str
    shape: str


def looks(strategies: Sequence[str], serial: str) -> dict[str, Look]:
    """A look for each strategy; no two are the same, and no two of the first 17 have the same mark.

    The mark and the colour of `serial` are the same in every suite.
    """
    others = [name for name in dict.fromkeys(strategies) if name != serial]
    found = {}
    # As 17 marks and 12 colours have no common factor, a pair of them comes back after 204.
    for name, colour, (shape, filled) in zip([serial, *others], itertools.cycle(COLOURS), itertools.cycle(MARKS)):
        found[name] = Look(colour, colour if filled else WHITE, shape)
    return {name: found[name] for name in dict.fromkeys(strategies)}
