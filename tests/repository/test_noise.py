"""``make noise``: its figures are those of results whose noise is known, and it knows which code stayed alike."""

import itertools
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asv_scaling import history, results
from asv_scaling.changes import Z_99, Measured
from asv_scaling.history import Series

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import alike, noise, quoted  # noqa: E402 - see above

OUTPUTS = quoted.outputs(quoted.RESULTS.read_text())
SIGMA = 0.01
COMMITS = [f"{number:08x}" * 5 for number in range(1, 10)]


def made_up(rng: np.random.Generator, stated: float, count: int = 400) -> dict[Series, list[Measured]]:
    """Series of one level, whose values have a standard deviation of `SIGMA` and intervals of another."""
    found = {}
    for number in range(count):
        values = np.exp(rng.normal(0, SIGMA, len(COMMITS)))
        reach = math.exp(Z_99 * stated)
        found[Series(f"a.B.time_{number}", "env")] = [
            Measured(i, value, value / reach, value * reach) for i, value in enumerate(values)
        ]
    return found


@pytest.mark.parametrize(("stated", "coverage"), [(SIGMA, 0.95), (SIGMA / 2, 0.673), (2 * SIGMA, 0.9999)])
def test_steps_have_the_noise_that_was_put_in(stated: float, coverage: float) -> None:
    """Those of a normal distribution's quantiles; the bounds are four standard errors of 3200 steps."""
    found = list(noise.steps(made_up(np.random.default_rng(1), stated), COMMITS))
    assert len(found) == 3200
    sizes = np.quantile([abs(step.change) for step in found], noise.QUANTILES) / (SIGMA * math.sqrt(2))
    assert sizes == pytest.approx([0.6745, 1.6449, 2.5758], rel=0.1)
    assert np.mean([step.holds_zero for step in found]) == pytest.approx(coverage, abs=0.03)
    assert noise.figures(found).startswith("3200 steps: p50 1.0%, p90 2.")
    assert {(step.before, step.after) for step in found} == set(itertools.pairwise(COMMITS))


def test_two_measurements_of_one_build_say_the_same_as_often_as_their_intervals_promise() -> None:
    rng = np.random.default_rng(2)
    one, two = (history.History("m", made_up(rng, SIGMA), COMMITS, {}, {}) for _ in range(2))
    found = re.fullmatch(
        r"3600 values: p50 1\.0%, p90 .* apart; .* holds 0 in (.*)%; (.*)% are inside each other's 95 % intervals",
        noise.again(one, two),
    )
    assert found
    # The bounds are four standard errors of 3600 values. Inside: |z| <= 1.96 / sqrt(2).
    assert [float(each) for each in found.groups()] == pytest.approx([95.0, 83.4], abs=2.5)
    assert noise.again(one, history.History("m", {}, COMMITS, {}, {})) == "none"


def test_without_steps_there_are_no_figures() -> None:
    assert noise.figures([]) == "none"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.check_output(command, cwd=folder, text=True).strip()


PACKAGE = {
    "__init__.py": "from kernels import team, chart\n",
    "team.py": "import kernels.base\nfrom kernels import strategies\n",
    "base.py": "ONE = 1\n",
    "chart.py": "",
    "workloads/one.py": '"""One."""\n\n\ndef solve():\n    return 1\n',
    "workloads/two.py": "from .one import solve\n",
    "strategies/pool.py": "def run():\n    from kernels.workers import tasks\n",
    "strategies/__init__.py": """from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from kernels.strategies import pool, serial
""",
    "strategies/serial.py": "",
    "workers/__init__.py": "",
    "workers/tasks.py": "",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a small package of the layout of `kernels`."""
    git(tmp_path, "init", "--quiet")
    change(tmp_path, **PACKAGE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(folder: Path, **files: str) -> str:
    for name, text in files.items():
        file = folder / "kernels" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "change")
    return git(folder, "rev-parse", "HEAD")


ALL = {(workload, strategy) for workload in ("one", "two") for strategy in ("serial", "pool")}


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("workloads/one.py", '"""Another docstring."""\n\n\ndef solve():\n    return 1  # a comment\n', set()),
        ("chart.py", "NEW = 1\n", set()),
        ("workloads/two.py", "from .one import solve as other\n", {("two", "serial"), ("two", "pool")}),
        ("workloads/one.py", "def solve():\n    return 2\n", ALL),
        ("strategies/pool.py", "", {("one", "pool"), ("two", "pool")}),
        ("workers/tasks.py", "NEW = 1\n", {("one", "pool"), ("two", "pool")}),
        ("base.py", "ONE = 2\n", ALL),
        ("strategies/__init__.py", "import typing as t\nfrom typing import TYPE_CHECKING\n", ALL),
        ("strategies/__init__.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\n", set()),
    ],
)
def test_code_is_alike_where_all_that_a_benchmark_imports_is(
    name: str, text: str, changed: set[tuple[str, str]], package: Path
) -> None:
    before = git(package, "rev-parse", "HEAD")
    after = change(package, **{name: text})
    assert {each for each in ALL if alike.digest(before, *each) != alike.digest(after, *each)} == changed


def test_where_the_files_were_elsewhere_all_of_the_package_counts(package: Path) -> None:
    before = git(package, "rev-parse", "HEAD")
    after = change(package, **{"chart.py": "NEW = 1\n"})
    assert alike.digest(before, "none", "serial") != alike.digest(after, "none", "serial")


def result(folder: Path, commit: str, seconds: float) -> None:
    interval = [seconds / 1.01], [seconds * 1.01]
    content = {
        "version": 2,
        "commit_hash": commit,
        "date": int(commit[:8], 16),
        "env_name": "virtualenv-py3.13",
        "python": "3.13",
        "params": {"machine": "m"},
        "env_vars": {},
        "result_columns": ["result", "params", "version", "stats_ci_99_a", "stats_ci_99_b"],
        "results": {"startup.Threads.time_open": [[seconds], [["1"]], "1", *interval]},
    }
    (folder / f"{commit[:8]}-env.json").write_text(json.dumps(content))


def machine(results: Path, seconds: Sequence[float], name: str = "m") -> None:
    """Results of a machine's first commits, so many seconds each."""
    folder = results / name
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(json.dumps({"machine": name, "version": 1}))
    entry = {"type": "time", "version": "1", "params": [["1"]], "param_names": ["workers"]}
    (results / "benchmarks.json").write_text(json.dumps({"startup.Threads.time_open": entry, "version": 2}))
    for commit, each in zip(COMMITS, seconds, strict=False):
        result(folder, commit, each)


def test_it_prints_the_figures_and_the_entries_of_both_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(tmp_path / "results", [1.0 if number < 5 else 1.5 for number in range(len(COMMITS))])
    report = tmp_path / "html"
    arguments = ["--results", str(tmp_path / "results"), "--report", str(report)]
    assert noise.main(arguments) == 1
    assert "make publish makes it" in capsys.readouterr().err
    report.mkdir()
    listed = [["startup.Threads.time_open(1)", "", {"machine": each, "python": "3.13"}] for each in ("m", "other")]
    listed.append(["startup.Threads.time_open(2)", "", {}])
    (report / "regressions.json").write_text(json.dumps({"regressions": listed}))
    assert noise.main(arguments) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "m: 9 commits, 1 environments"
    assert said[1] == "  code that stayed alike: none"
    assert said[2].startswith("  all code: 8 steps: p50 0.0%")
    assert said[3] == "  Changes page: 1 entry"
    assert "startup.Threads.time_open(1)" in said[4]
    assert "+50.0%" in said[4]
    assert f"at {COMMITS[5][:8]}" in said[4]
    assert said[5:] == [
        "  Regressions page: 2 entries",
        "    startup.Threads.time_open(1) on Python 3.13",
        "    startup.Threads.time_open(2) on Python of all",
    ]


def test_of_results_without_a_report_it_prints_the_steps_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(tmp_path / "results", [1.0, 1.02])
    assert noise.main(["--results", str(tmp_path / "results")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[2].startswith("  all code: 1 steps: p50 2.0%")


def test_it_says_how_far_apart_two_measurements_of_the_same_builds_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the intervals, which reach 1 % of a value at 99 %, the 95 % ones hold what is 0.5 % away, and not 1 %."""
    machine(tmp_path / "results", [1.0, 1.0, 1.0, 1.0])
    machine(tmp_path / "again", [1.0, 1.005, 0.99, 1.0 / 1.005])
    machine(tmp_path / "again", [3.0], name="another")
    assert noise.main(["--results", str(tmp_path / "results"), "--again", str(tmp_path / "again")]) == 0
    (said,) = (line for line in capsys.readouterr().out.splitlines() if "again" in line)
    assert said.startswith("  measured again: 4 values: p50 0.5%, p90 0.9%, p99 1.0% apart")
    assert said.endswith("holds 0 in 100.0%; 75.0% are inside each other's 95 % intervals")


def test_of_builds_that_were_measured_once_it_says_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine(tmp_path / "results", [1.0])
    machine(tmp_path / "again", [1.0, 1.0])
    next((tmp_path / "again" / "m").glob(f"{COMMITS[0][:8]}*")).unlink()
    assert noise.main(["--results", str(tmp_path / "results"), "--again", str(tmp_path / "again")]) == 0
    assert "  measured again: none" in capsys.readouterr().out.splitlines()


def test_series_and_commits_can_be_chosen() -> None:
    points = [Measured(place, 1.0, 0.99, 1.01) for place in range(3)]
    names = "a.time_it('pool', 2)", "a.time_it('serial', 1)"
    series = {history.Series(name, env): points for name in names for env in ("old", "new")}
    pythons = {"old": "3.13", "new": "3.13t"}
    one = history.History("m", series, COMMITS[:3], dict.fromkeys(COMMITS[:3], 0), pythons)
    (left,) = noise.chosen(one, "'pool'", COMMITS[1][:8], "3.13").series.items()
    assert (*left[0], [point.revision for point in left[1]]) == ("a.time_it('pool', 2)", "old", [1, 2])
    assert noise.chosen(one).series == series
    assert len(noise.chosen(one, python="3.13t").series) == 2
    assert not any(noise.chosen(one, since="no commit").series.values())


def test_a_machine_that_is_not_there_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine(tmp_path / "results", [1.0, 1.0])
    machine(tmp_path / "results", [1.0, 1.0], name="other")
    results = ["--results", str(tmp_path / "results")]
    assert noise.main([*results, "--machine", "other"]) == 0
    assert capsys.readouterr().out.startswith("other: 2 commits")
    with pytest.raises(SystemExit, match="2"):
        noise.main([*results, "--machine", "none"])
    assert "--machine must be one of m, other, not 'none'" in capsys.readouterr().err.splitlines()[-1]


def test_what_is_no_regular_expression_is_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        noise.main(["--bench", "("])
    assert "must be a regular expression, not '('" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("arguments", "output"), OUTPUTS, ids=[" ".join(each) for each, _ in OUTPUTS])
def test_the_page_of_results_has_what_the_commands_print(
    arguments: list[str], output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make quoted` writes it. What the report lists is the next test's."""
    monkeypatch.chdir(ROOT)
    of_report = arguments[:1] == ["--report"]
    assert noise.main(arguments[2 * of_report :]) == 0
    printed = capsys.readouterr().out
    if not of_report:
        assert printed == output
    for line in printed.splitlines():
        assert line in output.splitlines()


def test_the_page_of_results_lists_the_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (output,) = (output for arguments, output in OUTPUTS if "--report" in arguments)
    benchmarks = results.benchmarks(ROOT / "results")
    histories = read("results", benchmarks)
    changed = history.entries(histories)
    assert len(histories) == 2
    for one in histories:
        entries = [history.line(entry) for entry in changed if entry.machine == one.machine]
        lines = noise.of_machine(one, benchmarks, noise.same_code(benchmarks), {"Changes": entries})
        assert "\n".join(lines) in output
    (hours,) = read("docs/history/hours", benchmarks)
    assert len(history.entries([hours])) == 9, "as the page says"


def test_no_figures_are_on_the_page_but_below_a_command() -> None:
    said = "code that stayed alike: "
    assert 0 < quoted.RESULTS.read_text().count(said) == sum(output.count(said) for _, output in OUTPUTS)


def test_what_is_quoted_is_written_anew_and_nothing_else() -> None:
    page = "```text\n$ python -m tools.noise --bench 'a b'\nold\n$ python -m tools.noise\n```\n\n```text\nkept\n```\n"
    asked: list[list[str]] = []

    def run(arguments: list[str]) -> str:
        asked.append(arguments)
        return f"new {len(asked)}\nand more\n"

    assert quoted.with_outputs(page, run) == page.replace("old\n", "new 1\nand more\n").replace(
        "noise\n", "noise\nnew 2\nand more\n"
    )
    assert asked == [["--bench", "a b"], []]


def test_the_winners_are_the_bold_cells_of_the_results() -> None:
    results_page = """| workload | serial | pool | shared |
| --- | --- | --- | --- |
| Triad | ≈ 1.00x (1) | 0.08x (2) | **1.44x (2)** |
| Counter | **1.00x (1)** | ≈ 0.99x (2) | 0.02x (2) |
| Sleep | 1.00x (1) | **5.00x (8)** | - |

Time of serial on each Python
"""
    readme = "| kind | `{}` | `x`, 9 workers | `y` | 9.99x |\n"
    wanted = {
        "Triad": "`shared`, 2 workers | `serial` | 1.44x |",
        "Counter": "`serial`, no workers | `pool` | 1.00x |",
        "Sleep": "`pool`, 8 workers | - | 5.00x |",
    }
    for workload, row in wanted.items():
        assert quoted.with_winners(readme.format(workload), results_page) == f"| kind | `{workload}` | {row}\n"


def read(folder: str, benchmarks: Mapping[str, Any]) -> list[history.History]:
    return [history.read(one, benchmarks, pytest.fail) for one in results.machines(ROOT / folder, pytest.fail)]
