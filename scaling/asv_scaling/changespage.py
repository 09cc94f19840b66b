"""The Changes page: which series changed, with which commit, by how much, as a table that is ready to be read.

The folder has an ``index.html`` of its own and needs nothing else of the site, no network, no server and,
but for choosing among the entries, no script. The same elements are put into asv's page.
"""

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asv_scaling import commits, environments, history, parameters, results
from asv_scaling.changes import FALSE_ENTRIES, LEAST, usable, widening
from asv_scaling.commits import Lines
from asv_scaling.environments import Environment
from asv_scaling.history import Entry, History, Series

PARTS = Path(__file__).parent / "site"
ASV = "../index.html"
LONGEST = 300
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
OF_MACHINE = ("arch", "branch", "cpu", "num_cpu", "os", "ram")  # what a graph says beside the machine's name


@dataclass(frozen=True)
class Changes:
    """The page of a suite.

    Attributes
    ----------
    project
        Its name.
    benchmarks
        asv's entries of the benchmarks, by name.
    commit_url
        What a commit's hash is put after, for an address that shows it; ``#`` where there is none.
    numbers
        Of commits, in the order of time.

    """

    project: str
    benchmarks: Mapping[str, Any]
    commit_url: str
    histories: Sequence[History]
    entries: Sequence[Entry]
    unread: Sequence[str]
    numbers: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, benchmarks: Mapping[str, Any], project: str, commit_url: str, lines: Lines) -> "Changes":
        """The page of a folder of results; `lines` are the branches that asv publishes."""
        unread: list[str] = []
        histories = [
            one
            for machine in results.machines(folder, unread.append)
            for one in history.of_branches(machine, benchmarks, unread.append, lines)
        ]
        numbers = commits.numbers(lines)
        return cls(project, benchmarks, commit_url, histories, history.entries(histories), unread, numbers)

    def confirms(self, name: str, graph: Mapping[str, Any]) -> bool:
        """Whether asv may list a benchmark, with parameters, as slower in a graph, of which it says what is not common.

        One threshold for all says nothing of pairs, whose intervals differ: of these it may what this page lists. Of
        values without intervals, as of memory, this page says nothing.
        """
        of = [
            (one, series)
            for one in self.histories
            for series in one.series
            if series.name == name and len(usable(one.series[series])) > 1 and _is_of(one, series.environment, graph)
        ]
        slower = {(entry.machine, entry.series) for entry in self.entries if entry.change.ratio > 1}
        return not (of and all(one.in_pairs for one, _ in of)) or any((one.machine, each) in slower for one, each in of)

    def write(self, folder: Path) -> None:
        """Write all files of the page into its folder."""
        folder.mkdir()
        alone = (PARTS / "changes-alone.html").read_text("utf-8")
        page = alone.replace("<!-- title -->", html.escape(f"Changes of {parameters.printable(self.project)}"))
        (folder / "index.html").write_bytes(page.replace("<!-- changes.html -->", self.elements(ASV)).encode())
        for name in ("changes.js", "changes.css"):
            (folder / name).write_bytes((PARTS / name).read_bytes())

    def elements(self, asv: str = "") -> str:
        """The page's elements; `asv` is where asv's own page is seen from it."""
        text = (PARTS / "changes.html").read_text("utf-8")
        parts = {
            "rule": self._rule(),
            "entries": self._entries(asv),
            "machines": self._machines(),
            "unread": "".join(f"<p>{_text(words)}</p>" for words in self.unread),
        }
        for name, part in parts.items():
            text = text.replace(f"<!-- {name} -->", part)
        return text

    def _rule(self) -> str:
        compared = sum(len(_several(one)) for one in self.histories)
        return (
            f"Of {compared} series that were compared, {len({entry[:2] for entry in self.entries})} changed. Of these "
            f"entries at most {FALSE_ENTRIES:.0%} are false in the mean, and of pages of code that stayed as it was "
            f"{FALSE_ENTRIES:.0%} have any. Changes of less than {LEAST:.0%} are left out."
        )

    def _entries(self, asv: str) -> str:
        if not self.entries:
            return '<p class="changes-none">Nothing changed.</p>'
        dates = {commit: date for one in self.histories for commit, date in one.dates.items()}
        labels = {(one.machine, name): label for one in self.histories for name, label in labels_of(one).items()}
        # In the order of each branch: a commit may have been written before the one that it comes after.
        places = {commit: place for one in self.histories for place, commit in enumerate(one.commits)}
        order = sorted(dates, key=lambda commit: (self.numbers.get(commit, places[commit]), dates[commit], commit))
        newest = {commit: -place for place, commit in enumerate(order)}
        by_commit = sorted(self.entries, key=lambda entry: newest[entry.after])
        sections = []
        for commit, found in itertools.groupby(by_commit, key=lambda entry: entry.after):
            rows = "".join(
                self._row(entry, labels[entry.machine, entry.series.environment], asv)
                for entry in sorted(found, key=lambda entry: (entry.series.name, entry.machine, entry.python))
            )
            day = (EPOCH + timedelta(milliseconds=dates[commit])).strftime("%Y-%m-%d")
            sections.append(
                f'<section><h2>With commit {self._commit(commit)} <span class="changes-day">{day}</span></h2>'
                f'<div class="changes-scroll" tabindex="0" role="region" aria-label="Changes with {commit[:8]}"><table>'
                "<thead><tr><th>benchmark<th>machine<th>Python<th>change<th>95 % interval<th>after<th>or with</thead>"
                f"<tbody>{rows}</tbody></table></div></section>\n"
            )
        return "".join(sections)

    def _row(self, entry: Entry, python: str, asv: str) -> str:
        slower = entry.change.ratio > 1
        unit = self._benchmark(entry.series).get("type") == "time"
        word = ("slower" if slower else "faster") if unit else ("more" if slower else "less")
        kind = f"changes-{'up' if slower else 'down'}"
        low, high = (_percent(ratio) for ratio in (entry.change.low, entry.change.high))
        return (
            f'<tr class="{kind}" data-machine="{_text(entry.machine)}" data-python="{_text(python)}">'
            f'<th scope="row"><a href="{asv}{_text(self._graph(entry))}">{_text(entry.series.name)}</a>'
            f"<td>{_text(entry.machine)}{_text(f', {entry.branch}') if entry.branch else ''}<td>{_text(python)}"
            f'<td class="changes-size">{"▲" if slower else "▼"} {_percent(entry.change.ratio)} {word}'
            f"<td>{low} to {high}<td>{self._commit(entry.before)}"
            f"<td>{', '.join(map(self._commit, entry.others))}</td></tr>\n"
        )

    def _graph(self, entry: Entry) -> str:
        """The address of the series' graph on asv's page."""
        benchmark = self._benchmark(entry.series)
        chosen = {"machine": entry.machine, "python": entry.python}
        chosen |= {"branch": entry.branch} if entry.branch else {}
        params = history.parameters_of(entry.series.name, benchmark)
        chosen |= {f"p-{name}": value for name, value in zip(benchmark.get("param_names", []), params, strict=False)}
        said = "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in chosen.items())
        return f"#{quote(benchmark['name'])}?{said}"

    def _benchmark(self, series: Series) -> Mapping[str, Any]:
        """Of a series; a benchmark may be called as if it had parameters."""
        of = (name for name in self.benchmarks if series.name == name or series.name.startswith(f"{name}("))
        found: Mapping[str, Any] = self.benchmarks[max(of, key=len)]
        return found

    def _commit(self, commit: str) -> str:
        words = f"<code>{_text(commit[:8])}</code>"
        return words if self.commit_url == "#" else f'<a href="{_text(self.commit_url + commit)}">{words}</a>'

    def _machines(self) -> str:
        rows = []
        for one in self.histories:
            factor = widening(list(one.series.values()))
            how = "in pairs with one reference" if one.in_pairs else "one commit after the other"
            found = sum((entry.machine, entry.branch) == (one.machine, one.branch) for entry in self.entries)
            machine = f"{one.machine}, {one.branch}" if one.branch else one.machine
            rows.append(
                f'<tr><th scope="row">{_text(machine)}<td>{how}<td>{len(one.commits)}<td>{len(one.pythons)}'
                f"<td>{len(_several(one))}<td>{factor:.2f}<td>{found}\n"
            )
        return "".join(rows)


def _is_of(one: History, environment: str, graph: Mapping[str, Any]) -> bool:
    """Whether a graph may be of the environment; that of a machine has all its memory sizes."""
    facts = {**one.facts.get(environment, {}), "machine": one.machine}
    said = {key.removeprefix("env-"): value for key, value in graph.items() if key not in OF_MACHINE}
    return all((facts.get(key) or None) == (value or None) for key, value in said.items())


def _several(one: History) -> list[Series]:
    """The series with points to compare."""
    return [series for series, points in one.series.items() if len(usable(points)) > 1]


def labels_of(one: History) -> dict[str, str]:
    """A label for each environment of a machine: its Python, and what tells it from others of that Python."""
    known = [Environment(name, one.pythons[name], {"": name}) for name in one.pythons]
    return {environment.name: label for label, environment in environments.labelled(known).items()}


def _percent(ratio: float) -> str:
    return f"{ratio - 1:+.1%}".replace("-", "\N{MINUS SIGN}")


def _text(words: str) -> str:
    return html.escape(parameters.printable(words, LONGEST))
