"""What is written is whole, what was measured is kept, and how many CPUs there are."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import asv_gate
from asv_gate import cpus
from asv_gate.atomic import write_atomic
from asv_gate.journal import Journal


def test_a_file_is_written_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for text in ("first", "second \ud800"):
        write_atomic(path, text)
    assert path.read_text() == "second \\ud800"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    write_atomic(link, "text")
    assert link.is_symlink()
    assert target.read_text() == "text"


def test_what_cannot_be_written_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomic(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_journal_has_every_line_once(tmp_path: Path) -> None:
    def made(value: int) -> Callable[[], dict[str, int]]:
        def make() -> dict[str, int]:
            asked.append(value)
            return {"value": value}

        return make

    asked: list[int] = []
    for value in (1, 2):
        with Journal(tmp_path / "journal", {"kind": "test"}) as journal:
            assert journal.once({"round": 0, "name": "a"}, made(value))["value"] == 1
            assert journal.once({"metric": "a", "repeat": value}, made(value))["value"] == value
    assert asked == [1, 1, 2]


def test_a_journal_takes_no_number_that_is_not_jsons(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", {"kind": "test"}) as journal, pytest.raises(ValueError, match="JSON"):
        journal.add({"value": float("inf")})


@pytest.mark.parametrize(
    ("files", "usable"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, None),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/a\n2:memory:/b\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "100000\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
    ],
)
def test_a_containers_quota_counts(tmp_path: Path, files: dict[str, str], usable: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert cpus.usable(tmp_path) == (allowed if usable is None else usable)


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Some run as scripts in the suite's environment, with this folder first on the path of modules."""
    names = {path.stem for path in Path(str(asv_gate.__file__)).parent.glob("*.py")}
    assert not names & set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("script", "arguments"),
    [("sampler.py", ["topic.time_it"]), ("tracked.py", ["topic.track_it", "file"]), ("discover.py", ["file"])],
)
def test_none_is_found_in_place_of_one_that_the_suite_imports(
    script: str, arguments: list[str], tmp_path: Path
) -> None:
    suite, installed = tmp_path / "bench", tmp_path / "installed"
    for folder in (suite, installed):
        folder.mkdir()
    (suite / "__init__.py").touch()
    (suite / "topic.py").write_text("import pair\nprint(pair.WHOSE)\ndef time_it(): pass\ndef track_it(): return 1\n")
    (installed / "pair.py").write_text("WHOSE = 'the suite has found its own'\n")
    ran = subprocess.run(
        [sys.executable, Path(str(asv_gate.__file__)).with_name(script), suite, *arguments],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the suite has found its own" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
