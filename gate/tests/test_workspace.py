"""The folder that gates in one checkout share."""

import errno
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from commands import asv_gate
from filelock import FileLock

from asv_gate import asvlink, differing, workspace
from asv_gate.asvlink import Install, Suite
from asv_gate.errors import GateError
from asv_gate.workspace import Workspace


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    (tmp_path / "asv.conf.json").touch()
    return Workspace(tmp_path / "asv.conf.json")


def test_where_there_is_no_config_nothing_is_made(tmp_path: Path) -> None:
    for config in (tmp_path / "nowhere" / "asv.conf.json", tmp_path):
        with pytest.raises(GateError, match="there is no asv config"):
            Workspace(config)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".asv-gate", ".asv-gate/env", ".asv-gate/runs"])
def test_a_folder_that_cannot_be_written_is_named_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "asv.conf.json").touch()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()  # even root cannot make a folder of a file
    done = asv_gate(tmp_path, "run", "base")
    assert done.status == 2
    assert done.errors.startswith("asv-gate: ")
    assert str(tmp_path / name) in done.errors
    assert done.errors.count("\n") == 1


def test_what_was_not_used_for_a_day_is_removed_but_not_from_under_another(space: Workspace) -> None:
    for name in ("new-0", "old-0", "in-use-0"):
        (space.environments / name).mkdir()
        if name != "new-0":
            os.utime(space.environments / name, (time.time() - 2 * workspace.UNUSED_SECONDS,) * 2)
    with FileLock(space.environments / "in-use.lock"):
        space.remove_unused()
    assert sorted(path.name for path in space.environments.iterdir() if path.is_dir()) == ["in-use-0", "new-0"]


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    with workspace.held(tmp_path) as ours, workspace.held(tmp_path) as also_ours:
        assert ours
        assert not also_ours
    with workspace.held(tmp_path) as ours:
        assert ours


@pytest.mark.parametrize("error", [NotImplementedError(), OSError(errno.ENOSYS, ""), OSError(errno.ENOLCK, "")])
def test_a_file_system_without_locks_is_taken_to_be_ours(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: FileLock, timeout: float) -> None:
        raise error

    monkeypatch.setattr(FileLock, "acquire", refused)
    with workspace.held(tmp_path) as ours:
        assert ours


def test_a_lock_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), workspace.held(tmp_path / "file"):
        pass


@dataclass
class Builder:
    """Stands in for `asvlink.build`: what is installed when is for the test to say."""

    packages: dict[str, str]
    day: float = 1.0
    built: list[str] = field(default_factory=list)

    def __call__(self, config: Path, suite: Suite, commit: str, letter: str, folder: Path) -> Install:
        ready = folder / asvlink.READY
        if not ready.exists():
            self.built.append(commit)
            ready.write_text(json.dumps({"packages": self.packages, "made": self.day * 24 * 3600}))
        return Install(commit, letter, folder, [], {}, **json.loads(ready.read_text()))


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    made = Builder({"numpy": "1"})
    monkeypatch.setattr(asvlink, "build", made)
    return made


SUITE = Suite("p", Path(), Path(), "e", [], {}, False, 60.0, "0" * 64)
BASE, HEAD = "a" * 40, "b" * 40


def both(space: Workspace, head: str = HEAD) -> tuple[Install, Install]:
    return space.install_both((SUITE, SUITE), (BASE, head), ("a", "a"), lambda words: None)


def test_a_kept_base_is_installed_again_where_the_world_has_changed(space: Workspace, builder: Builder) -> None:
    """Else what others have released would be head's fault."""
    first, _ = both(space)
    builder.day, builder.packages = 5.0, {"numpy": "2"}
    base, head = both(space, "c" * 40)
    assert base.packages == head.packages == {"numpy": "2"}
    assert builder.built == [BASE, HEAD, "c" * 40, BASE]
    assert first.folder.is_dir(), "another gate may be using it"
    assert len(str(base.folder)) == len(str(first.folder))
    assert both(space, "c" * 40) == (base, head)
    assert len(builder.built) == 4


def test_commits_of_a_history_take_each_others_place_in_one_environment(
    space: Workspace, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = space.install(SUITE, BASE, "a", lambda words: None)

    def over(commit: str) -> Install:
        return space.install_over(SUITE, commit, lambda words: None)

    first, second = over(BASE), over(HEAD)
    assert first.folder == second.folder != kept.folder
    assert len(str(first.folder)) == len(str(kept.folder)), "a process's times depend on the length"
    assert over(HEAD) == second
    assert builder.built == [BASE, BASE, HEAD]

    def interrupted(*arguments: object) -> Install:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(asvlink, "build", interrupted)
        with pytest.raises(KeyboardInterrupt):
            over(BASE)
    over(HEAD)
    assert builder.built == [BASE, BASE, HEAD, HEAD], "nobody knows what an interruption has left"


@pytest.mark.parametrize(("where", "name"), [(".", "history"), ("find", "aaaaaaaaaaaa-bbbbbbbbbbbb-00000000")])
def test_nothing_is_pruned_under_a_history_or_a_search(
    space: Workspace, builder: Builder, where: str, name: str
) -> None:
    base, head = both(space)
    run = space.new_run()
    folder = space.folder / where
    folder.mkdir(exist_ok=True)
    with workspace.held(folder, name):
        assert not space.prune([base.folder], run)
        assert head.folder.is_dir()
    assert space.prune([base.folder], run)
    assert not head.folder.exists()


def test_a_base_that_is_as_good_as_new_is_kept(space: Workspace, builder: Builder) -> None:
    both(space)
    builder.day = 5.0
    both(space, "c" * 40)
    assert builder.built == [BASE, HEAD, "c" * 40]


def test_what_the_commits_themselves_require_differs_and_is_said(space: Workspace, builder: Builder) -> None:
    base = space.install(SUITE, BASE, "a", lambda words: None)
    builder.packages = {"numpy": "2", "new": "1"}
    base, head = both(space)
    assert builder.built == [BASE, HEAD]
    assert differing.besides(base, head) == "new is not in base, 1 in head; numpy 1 in base, 2 in head"
    assert differing.besides(base, base) == ""


def test_pruning_keeps_what_the_next_run_against_this_base_needs(space: Workspace, builder: Builder) -> None:
    base, head = both(space)
    runs = []
    for name in ("1", "2"):
        runs.append(space.runs / name)
        (runs[-1] / "base-a").mkdir(parents=True)
        (runs[-1] / "report.md").touch()
    with FileLock(runs[0] / ".run.lock"):
        assert not space.prune([base.folder], runs[1])
        assert head.folder.is_dir()
    assert space.prune([base.folder], runs[1])
    assert [path for path in space.environments.iterdir() if path.is_dir()] == [base.folder]
    assert list(space.runs.iterdir()) == [runs[1]]
    assert [path.name for path in runs[1].iterdir()] == ["report.md"]
