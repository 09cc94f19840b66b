"""The plugin: what ``asv publish`` runs to add the Scaling page to the site that it makes.

The only module of this package that knows asv. The page is a folder of its own, ``scaling/``,
beside asv's files; asv's ``index.html`` gets a tab, the page's elements and its script. Whatever
fails here is logged as a warning, and asv publishes the rest of the site as without the plugin.
"""

import re
import shutil
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv.console import log
from asv.publishing import OutputPublisher

FOLDER = "scaling"
TAB = '<li id="nav-li-scaling"><a href="#/scaling">Scaling</a></li>\n'
HEAD = f'<link href="{FOLDER}/scaling.css" rel="stylesheet">\n<script src="{FOLDER}/page.js" defer></script>\n'
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">\n'


class Scaling(OutputPublisher):  # type: ignore[misc]
    """asv finds it by its class."""

    name = "scaling"
    button_label = "Scaling"
    description = "Speedup, efficiency and cost by workers and strategy"
    order = 10  # after asv's own pages

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Mapping[str, int]) -> None:
        folder = Path(conf.html_dir, FOLDER)
        try:
            write(conf, dict(benchmarks), revisions)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of vl-convert, which draws, is no Exception
            log.debug(traceback.format_exc())
            shutil.rmtree(folder, ignore_errors=True)
            log.warning(f"The site has no Scaling page: {_reason(error)}")
            return
        try:
            patch(Path(conf.html_dir))
        except (OSError, ValueError) as error:
            log.debug(traceback.format_exc())
            log.warning(f"The site has no Scaling tab, but {folder / 'index.html'} is the page: {_reason(error)}")


def write(conf: Any, benchmarks: Mapping[str, Any], revisions: Mapping[str, int]) -> None:
    """Write the page's folder, and log what it lacks. Raises ValueError if "scaling" in asv.conf.json is wrong."""
    from asv_scaling import parameters
    from asv_scaling.suite import Settings, Suite
    from asv_scaling.website import LONGEST_MESSAGE, Site

    suite = Suite.of(benchmarks, Settings.of(getattr(conf, "scaling", {})))
    if suite.why_nothing:
        log.warning(suite.why_nothing)
    for sentence in suite.left_out:
        log.info(f"Not on the Scaling page: {sentence}")
    site = Site(Path(conf.html_dir, FOLDER), suite, conf.project, revisions)
    site.write(Path(conf.results_dir))
    for message in site.unread:
        log.warning(parameters.printable(message, LONGEST_MESSAGE))


def patch(html: Path) -> None:
    """Give asv's page the tab and the elements, and let it load nothing from elsewhere. Raises ValueError, OSError."""
    from asv_scaling import files, offline
    from asv_scaling.website import elements

    path = html / "index.html"
    page = path.read_text("utf-8")
    for before, new in (
        ('<li id="nav-li-graphdisplay">', TAB),
        ("</head>", VIEWPORT + HEAD),
        ('<div id="graph-display"', elements()),
    ):
        if page.count(before) != 1:
            raise ValueError(f"this version of asv is unknown, for its page has no single {before}")
        page = page.replace(before, new + before)
    page = re.sub("<html>", '<html lang="en">', page)
    files.write({path: offline.bring_in(page, html / "vendor", log.warning).encode()})


def _reason(error: BaseException) -> str:
    if isinstance(error, ImportError) and error.name:
        return f"it needs {error.name}, which is not installed here"
    if isinstance(error, ValueError | OSError):
        return str(error)
    return f"{type(error).__name__}: {error} (asv publish --verbose says where)"
