"""``asv-gate find``: it names the commit, measures nothing twice, and says no more than it knows."""

from pathlib import Path

import project
import pytest
import real_searches

from asv_gate.bisection import Ending, Search
from asv_gate.errors import GateError
from asv_gate.find import Answer, FindRequest
from asv_gate.report.model import Status

SLOW = 3  # of eight commits, the one from which on the package does twice as much
LINE = [f"{number}" * 40 for number in range(5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return real_searches.made(tmp_path_factory.mktemp("find") / "project")


@pytest.fixture(scope="module")
def line(folder: Path) -> list[str]:
    return list(real_searches.commits(folder, "slowed", SLOW, 1.0))


@pytest.mark.long
def test_the_commit_is_named_and_the_same_command_measures_nothing_twice(folder: Path, line: list[str]) -> None:
    before = project.state(folder)
    command = (folder, "find", line[0], line[-1], "--bench", "time_work")
    found = real_searches.asv_gate(*command)
    assert found.returncode == 1, found.stdout + found.stderr
    assert found.stdout.startswith(
        f"{line[SLOW][:10]} made suite.time_work slower than it is in {line[SLOW - 1][:10]}: "
    )
    (journal,) = (folder / ".asv-gate" / "find").glob("*.jsonl")
    lines = journal.read_text().splitlines()
    again = real_searches.asv_gate(*command)
    assert (again.returncode, again.stdout) == (1, found.stdout)
    assert journal.read_text().splitlines() == lines
    assert project.state(folder) == before, "the repository is as it was"


@pytest.mark.parametrize(
    ("ends", "bench", "cause"),
    [
        ((0, -1), "time_", "--bench must be found in the name of one benchmark, and 'time_' is in "),
        ((0, -1), "nothing", "'nothing' is in none"),
        ((-1, 0), "time_work", " on one line of commits"),
        ((0, 0), "time_work", " on one line of commits"),
    ],
)
def test_what_cannot_be_searched_is_one_error(
    folder: Path, line: list[str], ends: tuple[int, int], bench: str, cause: str
) -> None:
    found = real_searches.asv_gate(folder, "find", *(line[end] for end in ends), "--bench", bench)
    assert found.returncode == 2
    assert cause in found.stderr.splitlines()[-1]
    assert found.stdout == ""


@pytest.mark.parametrize(("alpha", "threshold"), [(0.0, 0.01), (0.5, 0.01), (2.0, 0.01), (0.01, -0.1)])
def test_a_rate_of_errors_that_makes_no_sense_is_refused(alpha: float, threshold: float) -> None:
    """With an alpha of 1 or more whatever comes out at the end would be named."""
    with pytest.raises(GateError, match="must be"):
        FindRequest("good", "bad", "time_work", alpha=alpha, threshold=threshold)


def test_a_good_commit_of_another_line_is_refused(folder: Path, line: list[str]) -> None:
    """What it has and the line lacks would be the fault of the line's first commit."""
    aside = project.git(folder, "commit-tree", f"{line[2]}^{{tree}}", "-p", line[2], "-m", "aside")
    found = real_searches.asv_gate(folder, "find", aside, line[-1], "--bench", "time_work")
    assert found.returncode == 2, found.stderr
    assert "on one line of commits" in found.stderr.splitlines()[-1]


def answer(ending: Ending, *, last_good: int = 1, first_bad: int = 2, ratio: float = 1.1) -> Answer:
    search = Search(ending, last_good, first_bad, ratio, ratio - 0.02, ratio + 0.03)
    return Answer("a.time_it", LINE, search)


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        (
            answer(Ending.NAMED),
            Status.REGRESSION,
            "2222222222 made a.time_it slower than it is in 1111111111: +10.0% (+8.0% to +13.0%).",
        ),
        (
            answer(Ending.NAMED, first_bad=3),
            Status.REGRESSION,
            "3333333333, or one of those just before it, made a.time_it slower than it is in 1111111111: +10.0% "
            "(+8.0% to +13.0%). The 1 commit between them could not be measured.",
        ),
        (
            answer(Ending.NO_CHANGE, last_good=0, first_bad=4, ratio=0.99),
            Status.OK,
            "a.time_it is not slower in 4444444444 than in 0000000000 (-1.0%).",
        ),
        (
            answer(Ending.NOT_CONFIRMED, ratio=1.003),
            Status.UNDERPOWERED,
            "a.time_it may be slower in 4444444444 than in 0000000000, but no commit was confirmed: 2222222222 against "
            "1111111111 is +0.3% (-1.7% to +3.3%).",
        ),
    ],
)
def test_it_says_no_more_than_it_knows(given: Answer, status: Status, words: str) -> None:
    assert (given.status, str(given)) == (status, words)
