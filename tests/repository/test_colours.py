"""The bar chart of compare and the graphs of the Scaling page have the same colours, of which a test there simulates
how colour-blind readers see them.
"""

import re
import sys
from pathlib import Path

from asv_scaling import marks
from kernels.comparing import chart

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the benchmarks are not installed

from benchmarks.common import PURE_PYTHON, WAITING


def test_the_bar_chart_has_the_colours_of_the_scaling_page() -> None:
    assert (chart.SERIAL_COLOUR, *chart.COLOURS) == marks.COLOURS


def test_every_strategy_of_the_core_suite_has_a_colour_of_its_own() -> None:
    """With the engines there are more, which nobody draws all at once; a thirteenth bar has the first's colour."""
    assert len(set(marks.COLOURS)) == len(marks.COLOURS) >= len({*PURE_PYTHON, *WAITING})


def test_the_picture_of_the_front_page_has_the_bar_chart_s_colours() -> None:
    """``make figures`` draws it anew."""
    picture = (Path(__file__).resolve().parents[2] / "docs" / "polynomial.svg").read_text()
    bars = re.findall(r'aria-roledescription="bar"[^>]*?fill="(#[0-9a-f]{6})"', picture)
    assert bars
    assert set(bars) <= {chart.SERIAL_COLOUR, *chart.COLOURS}
