"""The folder that gates in one checkout share."""

import errno
import os
import time
from pathlib import Path

import pytest
from commands import asv_gate
from filelock import FileLock

from asv_gate import workspace
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
    for name in ("new", "old", "in-use"):
        (space.environments / name).mkdir()
        if name != "new":
            os.utime(space.environments / name, (time.time() - 2 * workspace.UNUSED_SECONDS,) * 2)
    with FileLock(space.environments / "in-use.lock"):
        space.remove_unused()
    assert sorted(path.name for path in space.environments.iterdir() if path.is_dir()) == ["in-use", "new"]


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
