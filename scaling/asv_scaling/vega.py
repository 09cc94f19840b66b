"""Vega-Lite, which draws the graphs: its JavaScript for the page, and pictures without a browser.

Both come from vl-convert, which carries them, so that neither needs a network.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

# Of the Vega-Lite that Altair writes for: v6.1.0 is 6.1 to vl-convert.
VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
BUNDLED = "window.vegaEmbed = vegaEmbed;"
SCALE = 2  # pixels of a picture for each of its units


def write_bundle(path: Path) -> None:
    """Write Vega-Embed, Vega-Lite and Vega, as one script that sets ``window.vegaEmbed``."""
    path.write_text(vl_convert.javascript_bundle(BUNDLED, vl_version=VERSION), "utf-8")


def svg(spec: Mapping[str, Any]) -> str:
    picture: str = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VERSION)
    return picture


def png(spec: Mapping[str, Any]) -> bytes:
    picture: bytes = vl_convert.vegalite_to_png(json.dumps(spec), vl_version=VERSION, scale=SCALE)
    return picture
