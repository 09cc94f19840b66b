"""A file of the suite that fails does not hide the others, and the side that it fails on is named."""

import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import Silent, sides

from asv_gate import discover, discovery
from asv_gate.asvlink import Install, Suite
from asv_gate.errors import GateError
from asv_gate.sides import Selection, select

GOOD = "def track_good(): return 1\n"
WHO = "import os\nWHO = os.environ['WHO']\n"


def selected(folder: Path, files: dict[str, str], *patterns: str) -> Selection:
    both = sides(folder, files)
    return select(both[0].suite, both, patterns, None, Silent())


@pytest.mark.parametrize(
    "statement",
    [
        "import nothing_of_the_kind",
        "this is no Python",
        "raise SystemExit(0)",
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise KeyboardInterrupt",
        "class Broken:\n    def __init__(self): raise RuntimeError('no')\n    def track_it(self): return 1",
        "def track_it(p): return 1\ntrack_it.params = 5",
    ],
)
def test_what_fails_with_both_is_said_once_and_the_rest_is_compared(tmp_path: Path, statement: str) -> None:
    found = selected(tmp_path, {"good.py": GOOD, "bad.py": statement, "later/__init__.py": "", "later/z.py": GOOD})
    assert [benchmark.name for _, benchmark in found.shared] == ["good.track_good", "later.z.track_good"]
    assert not found.broken
    (note,) = found.notes
    assert note.startswith(f"bench{'/' if sys.platform != 'win32' else chr(92)}bad.py")


def test_a_file_that_takes_too_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SECONDS", 3.0)
    found = selected(tmp_path, {"good.py": GOOD, "bad.py": "import time; time.sleep(600)"})
    assert len(found.shared) == 1
    assert "takes more than 3 s" in found.notes[0] or "bad.py" in found.notes[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_full_disk_is_not_the_fault_of_the_module_that_is_imported(tmp_path: Path) -> None:
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))"
    with pytest.raises(GateError, match="takes no more: its disk is full"):
        selected(tmp_path, {"full.py": full, "good.py": GOOD})


def test_what_base_lacks_is_new(tmp_path: Path) -> None:
    fast = f"{WHO}assert WHO == 'head', 'no fast'\ndef track_fast(): pass\n"
    found = selected(tmp_path, {"good.py": GOOD, "fast.py": fast})
    assert [benchmark.name for _, benchmark in found.shared] == ["good.track_good"]
    assert found.unmeasured == {"fast.track_fast": "new: only in head"}
    assert "with base, so that what it has is new: AssertionError: no fast" in found.notes[0]
    assert not found.broken


@pytest.mark.parametrize("what", ["assert WHO == 'base'", "class A:\n    def __init__(self): assert WHO == 'base'"])
def test_what_fails_with_head_alone_is_broken(tmp_path: Path, what: str) -> None:
    indented = "    def track_it(self): return 1\n" if "class" in what else "def track_it(): return 1\n"
    found = selected(tmp_path, {"good.py": GOOD, "old.py": f"{WHO}{what}\n{indented}"})
    assert [benchmark.name for _, benchmark in found.shared] == ["good.track_good"]
    assert len(found.broken) == 1
    assert "AssertionError" in next(iter(found.broken.values()))
    assert "fails with head" in next(iter(found.unmeasured.values()))
    assert not selected(tmp_path, {}, "track_good").broken, "it was not asked for"


def test_a_benchmark_that_head_has_removed_is_said_so(tmp_path: Path) -> None:
    found = selected(tmp_path, {"good.py": GOOD, "old.py": f"{WHO}if WHO == 'base':\n    def track_it(): return 1\n"})
    assert found.unmeasured == {"old.track_it": "removed: only in base"}


def test_a_suite_without_any_benchmark_says_what_fails(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"cannot be imported:\n(?s:.*)no such thing"):
        selected(tmp_path, {"__init__.py": "raise RuntimeError('no such thing')"})


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("5", "must be an object"),
        ("{'treshold': 1}", "not 'treshold'"),
        ("{'threshold': 'much'}", "like 0.05 or '5%', not 'much'"),
        ("{'threshold': -1}", "not -1"),
        ("{'excluded': 'yes'}", "excluded must be true or false, not 'yes'"),
    ],
)
def test_an_override_that_is_none_is_refused_by_name(tmp_path: Path, said: str, wrong: str) -> None:
    with pytest.raises(GateError, match=wrong) as error:
        selected(tmp_path, {"good.py": f"{GOOD}track_good.asv_gate = {said}\n"})
    assert "good.track_good" in str(error.value)


def test_overrides_come_from_a_benchmark_its_class_or_its_module(tmp_path: Path) -> None:
    text = """
asv_gate = {"threshold": 0.5}
def track_a(): return 1
class B:
    asv_gate = {"larger_is_better": True}
    def track_b(self): return 1
    def track_c(self): return 1
    track_c.asv_gate = {"cold": True}
"""
    found = {benchmark.name: benchmark for _, benchmark in selected(tmp_path, {"own.py": text}).shared}
    assert found["own.track_a"].threshold == 0.5
    assert found["own.B.track_b"].larger_is_better
    assert found["own.B.track_c"].cold
    assert found["own.B.track_c"].threshold is None


def test_a_gil_that_is_back_is_said_of_its_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def discovered(suite: Suite, install: Install) -> discovery.Discovery:
        return replace(discovery.discover(suite, install), gil_is_back=install.commit == "head")

    monkeypatch.setattr("asv_gate.sides.discover", discovered)
    (note,) = selected(tmp_path, {"good.py": GOOD}).notes
    assert note == "The Python of head can run without a GIL, and the GIL is on once the suite is imported."


@pytest.mark.parametrize(
    ("can", "on", "back"), [(1, True, True), (1, False, False), (0, True, False), (None, True, False)]
)
def test_a_gil_is_back_where_there_need_not_be_one(
    can: int | None, monkeypatch: pytest.MonkeyPatch, *, on: bool, back: bool
) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: can)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: on, raising=False)
    assert discover.gil_is_back() is back
