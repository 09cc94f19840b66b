"""Every number of the documents is one that a command printed, that is compared here, or that is no measurement."""

import re
from pathlib import Path

import pytest

from asv_scaling import export
from asv_scaling.__main__ import main as scaling
from tools import page_numbers as numbers

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", numbers.PAGES, ids=numbers.name)
def test_every_number_of_a_page_is_explained(page: Path) -> None:
    """By COMPUTED, STATED or BY_HAND of tools/page_numbers.py, or by the command that made its table or its output."""
    assert numbers.unexplained(page) == []


@pytest.mark.parametrize("known", numbers.COMPUTED, ids=lambda known: f"{known.page}: {known.text}")
def test_a_number_is_what_the_code_or_the_results_have(known: numbers.Computed) -> None:
    assert known.text.format(known.value()) in numbers.prose(ROOT / known.page)


@pytest.mark.parametrize("known", [*numbers.STATED, *numbers.BY_HAND], ids=lambda known: f"{known.page}: {known.text}")
def test_what_is_said_of_a_number_is_of_one_that_is_there(known: numbers.Stated) -> None:
    assert known.text in numbers.prose(ROOT / known.page)


def test_the_tables_of_results_are_those_of_the_committed_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make quoted` writes them."""
    monkeypatch.chdir(ROOT)
    (shown,) = re.findall(r"^SHOWN := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    page = tmp_path / "results.md"
    page.write_text(f"{export.START}\n{export.END}\n")
    assert scaling(["export", *shown.split(), "--format", "md", "--into", str(page), str(tmp_path / "out")]) == 0
    assert page.read_text().strip() in (ROOT / "docs" / "results.md").read_text()


def test_a_page_is_stale_when_a_program_whose_times_it_shows_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(numbers, "ROOT", tmp_path)
    monkeypatch.setattr(numbers, "MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(numbers, "MADE", ())
    monkeypatch.setattr(numbers, "BY_HAND", (numbers.Stated("page.md", "12 faults", "perf stat"),))
    monkeypatch.setattr(numbers, "stale_efficiencies", dict)
    page, text = tmp_path / "page.md", "```python\nprint(1)\n```\n\n```output\nserial 0.413 s\n```\n"
    monkeypatch.setattr(numbers, "PAGES", [page])
    page.write_text(text)
    numbers.record(numbers.name(page), numbers.digest(page))
    assert numbers.stale() == []
    page.write_text(text.replace("0.413", "0.500"))
    assert numbers.stale() == []
    assert numbers.main([]) == 0
    assert "by hand (perf stat): 12 faults" in capsys.readouterr().out
    page.write_text(text.replace("print(1)", "print(2)"))
    assert [line.partition(":")[0] for line in numbers.stale()] == ["page.md"]
    assert numbers.main([]) == 1


def test_a_table_is_stale_when_the_code_that_it_is_of_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "ROOT", tmp_path)
    monkeypatch.setattr(numbers, "MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(numbers, "MADE", (numbers.Made("make something", ("*.py",)),))
    (tmp_path / "code.py").write_text("1")
    numbers.main(["--made", "make something"])
    before = numbers.measured()["make something"]["digest"]
    assert before == numbers.digest_of(("*.py",))
    (tmp_path / "code.py").write_text("2")
    assert before != numbers.digest_of(("*.py",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("takes 12 ms here", 1),
        ("a speedup of 1.89x and 5 %", 2),
        ("Python 3.13 on 2 CPUs", 0),
        ("`make something` makes it:\n\n| a |\n| --- |\n| 5 % |\n", 0),
        ("a table:\n\n| a |\n| --- |\n| 5 % |\n", 1),
        ("```output\n0.413 s\n```\n", 0),
    ],
)
def test_a_number_is_one_with_a_unit_or_with_decimals(text: str, found: int, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert len(numbers.NUMBER.findall(numbers.prose(page))) == found
