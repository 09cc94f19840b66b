"""Sphinx's configuration: ``make docs`` builds the site from the Markdown in this folder, without a network."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tools are not installed

import kernels  # noqa: E402 - see above
from tools.site import helps_in_source  # noqa: E402 - see above

project = "Parallel Kernels"
author = "the Parallel Kernels authors"
copyright = f"2026, {author}"
version = release = kernels.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
default_role = "code"  # in docstrings

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = False

html_theme = "pydata_sphinx_theme"
html_title = "Parallel Kernels"
html_theme_options: dict[str, object] = {
    "show_prev_next": True,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
if tags.has("site"):  # noqa: F821 - Sphinx defines it; make site puts asv's report into this folder
    html_theme_options["external_links"] = [{"name": "Report", "url": "report/index.html"}]
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_show_sourcelink = False
html_copy_source = False


def setup(app: object) -> None:
    """Sphinx calls this first."""
    app.connect("source-read", helps_in_source)  # type: ignore[attr-defined]
