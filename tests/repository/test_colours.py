"""The bar chart of compare and the graphs of the Scaling page have the same colours, of which a test there simulates
how colour-blind readers see them.
"""

import kernels
from asv_scaling import marks
from kernels.comparing import chart


def test_the_bar_chart_has_the_colours_of_the_scaling_page() -> None:
    assert (chart.SERIAL_COLOUR, *chart.COLOURS) == marks.COLOURS


def test_every_strategy_has_a_colour_of_its_own() -> None:
    assert len(set(marks.COLOURS)) == len(marks.COLOURS) >= len(kernels.strategies())
