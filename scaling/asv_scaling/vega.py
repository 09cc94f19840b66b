"""Vega-Lite, which draws the graphs: its JavaScript for the page, and pictures without a browser.

Both come out of the package vl-convert, so that neither needs a network.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import vl_convert

BUNDLED = "window.vegaEmbed = vegaEmbed;"
SCALE = 2  # pixels of a picture for each of its units


def bundle() -> bytes:
    """Vega-Embed, Vega-Lite and Vega as one script, which sets ``window.vegaEmbed`` and no other name."""
    script = vl_convert.javascript_bundle(BUNDLED)
    return f'(() => {{\n"use strict";\n{script}}})();\n'.encode()


def svg(spec: Mapping[str, Any]) -> str:
    """A graph as SVG. Raises ValueError if it cannot be drawn."""
    return _drawn(vl_convert.vegalite_to_svg, spec)  # type: ignore[no-any-return]


def png(spec: Mapping[str, Any]) -> bytes:
    """A graph as PNG. Raises ValueError if it cannot be drawn."""
    return _drawn(vl_convert.vegalite_to_png, spec, scale=SCALE)  # type: ignore[no-any-return]


def _drawn(draw: Callable[..., Any], spec: Mapping[str, Any], **more: Any) -> Any:
    try:
        return draw(json.dumps(spec), **more)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of its Rust is no Exception
        raise ValueError(f"vl-convert could not draw a picture: {error}") from None
