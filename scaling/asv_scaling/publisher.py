"""The plugin: what ``asv publish`` runs to add the Scaling page to the site that it makes.

The only module of this package that knows asv. Its page is a folder, ``scaling/``, beside asv's
own files: an index, a file of times per run, so that the page loads what it shows and no more, and
the graphs without their rows. asv's ``index.html`` gains a tab, the page's elements and its script.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from asv.commands import publish
from asv.console import log
from asv.machine import iter_machine_files
from asv.publishing import OutputPublisher
from asv.util import UserError

from asv_scaling import offline, results, scaling

SITE = Path(__file__).parent / "site"
FOLDER = "scaling"
TAB = '<li id="nav-li-scaling"><a href="#/scaling">Scaling</a></li>\n'
HEAD = f'<link href="{FOLDER}/scaling.css" rel="stylesheet">\n<script type="module" src="{FOLDER}/page.js"></script>\n'
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
DIGITS = 5  # as many as asv keeps of an interval's bounds


def _readable_machine_files(results_dir: str) -> Iterator[str]:
    """The machine files that asv can use: it would stop at the first that it cannot."""
    for path in iter_machine_files(results_dir):
        try:
            if "machine" not in results.load(Path(path), results.MACHINE_VERSION):
                raise results.Unreadable(f"{path} does not name its machine")
        except results.Unreadable as error:
            log.warning(str(error))
        else:
            yield path


publish.iter_machine_files = _readable_machine_files


class Scaling(OutputPublisher):  # type: ignore[misc]
    """asv finds it by its class."""

    name = "scaling"
    button_label = "Scaling"
    description = "Speedup, efficiency and cost by workers and strategy"
    order = 10  # after asv's own pages

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Mapping[str, int]) -> None:
        try:
            words = scaling.Words.of(getattr(conf, "scaling", {}))
        except ValueError as error:
            raise UserError(f"asv.conf.json: {error}") from None
        html = Path(conf.html_dir)
        workloads = list(scaling.workloads(dict(benchmarks), words))
        if not workloads:
            log.warning(
                "No benchmark has a parameter for workers: the Scaling page will be empty. It looks for "
                f'{", ".join(words.workers)}; "scaling": {{"workers": [...]}} in asv.conf.json names others.'
            )
        Site(html / FOLDER, workloads, dict(benchmarks), words, revisions).write(Path(conf.results_dir))
        patch(html)


class Site:
    """The files of the page, and what is known of all runs while they are written one by one."""

    def __init__(
        self,
        folder: Path,
        workloads: Sequence[scaling.Workload],
        benchmarks: Mapping[str, Any],
        words: scaling.Words,
        revisions: Mapping[str, int],
    ) -> None:
        self._folder = folder
        self._workloads = workloads
        self._benchmarks = benchmarks
        self._words = words
        self._revisions = revisions
        self._unread: list[str] = []

    def write(self, results_folder: Path) -> None:
        """Everything but the change of asv's own page."""
        shutil.copytree(SITE, self._folder, ignore=shutil.ignore_patterns("scaling.html"))
        machines = [self._machine(machine) for machine in results.machines(results_folder, self._warn)]
        strategies = list(dict.fromkeys(name for workload in self._workloads for name in workload.strategies))
        _write(
            self._folder / "index.json",
            {
                "serial": self._words.serial,
                "workloads": [
                    {"key": workload.key, "label": label, "strategies": workload.strategies}
                    for workload, label in zip(self._workloads, scaling.labels(self._workloads), strict=True)
                ],
                "strategies": strategies,
                "machines": machines,
                "unread": self._unread,
            },
        )
        from asv_scaling import charts, vega

        _write(self._folder / "charts.json", charts.specs(strategies, self._words.serial))
        vega.write_bundle(self._folder / "vega.js")

    def _machine(self, machine: results.Machine) -> dict[str, Any]:
        """Write the runs of a machine, and say what there is."""
        environments: dict[str, dict[str, Any]] = {}
        leaders: dict[tuple[str, str], tuple[str, str]] = {}
        commits: dict[str, int] = {}
        for run in self._runs(machine):
            try:
                points = scaling.measured(run, self._workloads, self._benchmarks)
            except results.Unreadable as error:
                self._warn(str(error))
                continue
            if not points:
                continue
            environment = environments.setdefault(
                run.environment,
                {
                    "number": len(environments),
                    "python": run.python,
                    "facts": _beyond(run.facts, machine.facts),
                    "commits": [],
                },
            )
            for key, found in points.items():
                before, since = leaders.get((run.environment, key), (None, run.commit))
                leads = scaling.leader(before, found)
                if leads is not None:
                    leaders[run.environment, key] = (leads, since if leads == before else run.commit)
            commits[run.commit] = run.date
            environment["commits"].append(run.commit)
            _write(
                self._folder / "runs" / machine.folder.name / f"{environment['number']}-{run.commit[:12]}.json",
                {
                    "facts": scaling.facts(run, self._benchmarks),
                    "times": {key: [_row(point) for point in found] for key, found in points.items()},
                    "leaders": {key: leaders.get((run.environment, key)) for key in points},
                },
            )
        return {
            "name": machine.name,
            "folder": machine.folder.name,
            "cpus": machine.cpus,
            "facts": {name: fact for name, fact in machine.facts.items() if name != "version"},
            "commits": commits,
            "environments": _labelled(list(environments.values())),
        }

    def _runs(self, machine: results.Machine) -> Iterator[results.Run]:
        """The runs of the commits that asv publishes, in its order of them.

        A file's name starts with its commit's, so that a file is opened once and only one at a time.
        """
        order = {commit[:8]: revision for commit, revision in self._revisions.items()}
        paths = results.paths(machine)
        for path in sorted(paths, key=lambda path: order.get(path.name[:8], -1)):
            try:
                run = results.read(path)
            except results.Unreadable as error:
                self._warn(str(error))
            else:
                if run.commit in self._revisions:
                    yield run

    def _warn(self, message: str) -> None:
        log.warning(message)
        self._unread.append(message)


def patch(html: Path) -> None:
    """Give asv's page the tab and the elements, and let it load nothing from elsewhere."""
    path = html / "index.html"
    page = path.read_text("utf-8")
    for before, new in (
        ('<li id="nav-li-graphdisplay">', TAB),
        ("</head>", VIEWPORT + HEAD),
        ('<div id="graph-display"', (SITE / "scaling.html").read_text("utf-8")),
    ):
        if page.count(before) != 1:
            raise UserError(f"asv_scaling does not know this version of asv: its page has no single {before}")
        page = page.replace(before, new + before)
    page = re.sub("<html>", '<html lang="en">', page)
    path.write_text(offline.bring_in(page, html / "vendor", log.warning), "utf-8")


def _row(point: scaling.Point) -> list[Any]:
    """A point as short as it goes."""
    if point.time is None:
        return [point.strategy, point.workers, point.missing]
    times = [point.time] if point.low is None or point.high is None else [point.time, point.low, point.high]
    return [point.strategy, point.workers, *(float(f"{time:.{DIGITS}g}") for time in times)]


def _labelled(environments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The environments from the oldest Python on, each labelled with its Python and what tells it from others of it."""
    for environment in environments:
        twins = [other for other in environments if other["python"] == environment["python"]]
        apart = [
            f"{name} {fact}".strip()
            for name, fact in environment["facts"].items()
            if any(other["facts"].get(name) != fact for other in twins)
        ]
        environment["label"] = ", ".join([environment["python"], *apart])
    return sorted(environments, key=lambda environment: (scaling.age(environment["python"]), environment["label"]))


def _beyond(facts: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What a run says that its machine does not."""
    return {name: fact for name, fact in facts.items() if name not in known}


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")
