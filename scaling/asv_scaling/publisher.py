"""The plugin: what ``asv publish`` runs to add the Scaling page and the Changes page to the site that it makes.

The only module of this package that knows asv. Each page is a folder of its own, ``scaling/`` and
``changes/``, beside asv's files; asv's ``index.html`` gets a tab, the page's elements and its script.
Whatever fails here is logged as a warning, and asv publishes the rest of the site as without the plugin.
"""

import json
import re
import shutil
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv.console import log
from asv.plugins.regressions import Regressions
from asv.publishing import OutputPublisher

VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">\n'


class Page:
    """What both pages have in common."""

    name = button_label = script = style = ""

    @classmethod
    def write(cls, conf: Any, repo: Any, benchmarks: Mapping[str, Any], revisions: Mapping[str, int]) -> str:
        """Write the page's folder, and return its elements."""
        raise NotImplementedError

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Mapping[str, int]) -> None:
        folder = Path(conf.html_dir, cls.name)
        try:
            elements = cls.write(conf, repo, dict(benchmarks), revisions)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of vl-convert, which draws, is no Exception
            log.debug(traceback.format_exc())
            shutil.rmtree(folder, ignore_errors=True)
            log.warning(f"The site has no {cls.button_label} page: {_reason(error)}")
            return
        try:
            patch(Path(conf.html_dir), cls, elements)
        except (OSError, ValueError) as error:
            log.debug(traceback.format_exc())
            where = folder / "index.html"
            log.warning(f"The site has no {cls.button_label} tab, but {where} is the page: {_reason(error)}")


class Scaling(Page, OutputPublisher):  # type: ignore[misc]
    """asv finds it by its class."""

    name = "scaling"
    button_label = "Scaling"
    description = "Speedup, efficiency and cost by workers and strategy"
    order = 10  # after asv's own pages
    script, style = "page.js", "scaling.css"

    @classmethod
    def write(cls, conf: Any, repo: Any, benchmarks: Mapping[str, Any], revisions: Mapping[str, int]) -> str:
        """Log what the page lacks. Raises ValueError if "scaling" in asv.conf.json is wrong."""
        from asv_scaling import parameters
        from asv_scaling.suite import Settings, Suite
        from asv_scaling.website import LONGEST_MESSAGE, Site, elements

        suite = Suite.of(benchmarks, Settings.of(getattr(conf, "scaling", {})))
        if suite.why_nothing:
            log.warning(suite.why_nothing)
        for sentence in suite.left_out:
            log.info(f"Not on the Scaling page: {sentence}")
        lines = lines_of(conf, repo, revisions)
        drawn = {*repo.get_tags().values(), *(commit for line in lines.values() for commit in line)}
        shown = {commit: number for commit, number in revisions.items() if commit in drawn}
        site = Site(Path(conf.html_dir, cls.name), suite, conf.project, shown)
        site.write(Path(conf.results_dir))
        for message in site.unread:
            log.warning(parameters.printable(message, LONGEST_MESSAGE))
        return elements()


class Changes(Page, OutputPublisher):  # type: ignore[misc]
    """asv finds it by its class."""

    name = "changes"
    button_label = "Changes"
    description = "Which series changed, with which commit, and by how much"
    order = 4  # after asv's Regressions, whose order is 3
    script, style = "changes.js", "changes.css"

    @classmethod
    def write(cls, conf: Any, repo: Any, benchmarks: Mapping[str, Any], revisions: Mapping[str, int]) -> str:
        """Its files are those of results that the Scaling page reads too, which tells of those that cannot be read."""
        from asv_scaling import changespage

        page = changespage.Changes.of(
            Path(conf.results_dir),
            benchmarks,
            conf.project,
            conf.show_commit_url or "#",
            lines_of(conf, repo, revisions),
        )
        page.write(Path(conf.html_dir, cls.name))
        try:
            listed = json.loads(Path(conf.html_dir, "regressions.json").read_text("utf-8"))["regressions"]
            kept = [entry for entry in listed if page.confirms(entry[0], entry[2])]
            if len(kept) < len(listed):
                Regressions._save(conf, {"regressions": kept})
                commits = {number: commit for commit, number in revisions.items()}
                Regressions._save_feed(conf, benchmarks, kept, revisions, commits)
        except Exception as error:  # of what is asv's own, and may change
            log.debug(traceback.format_exc())
            log.warning(f"asv's Regressions page may list what the Changes page does not: {_reason(error)}")
        return page.elements()


def lines_of(conf: Any, repo: Any, revisions: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """By branch that asv publishes, its commits with their numbers."""
    return {
        str(repo.get_branch_name(branch)): {
            commit: revisions[commit] for commit in reversed(repo.get_branch_commits(branch)) if commit in revisions
        }
        for branch in conf.branches
    }


def patch(html: Path, added: type[Page], elements: str) -> None:
    """Give asv's page the tab and the elements, and let it load nothing from elsewhere. Raises ValueError, OSError."""
    from asv_scaling import files, offline

    path = html / "index.html"
    page = path.read_text("utf-8")
    name = added.name
    tab = f'<li id="nav-li-{name}"><a href="#/{name}">{added.button_label}</a></li>\n'
    head = f'<link href="{name}/{added.style}" rel="stylesheet">\n<script src="{name}/{added.script}" defer></script>\n'
    for before, new in (
        ('<li id="nav-li-graphdisplay">', tab),
        ("</head>", head if VIEWPORT in page else VIEWPORT + head),
        ('<div id="graph-display"', elements),
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
