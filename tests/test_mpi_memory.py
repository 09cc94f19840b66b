"""The files of MPI's shared memory: what ranks that were killed have left is removed, and what is in use is not."""

import mmap
import os
import time
from pathlib import Path

import pytest

from kernels.mpi import memory_files


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="who uses a file is known by /proc")
def test_what_nobody_uses_is_removed_and_the_rest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_files, "SHARED_MEMORY", tmp_path)
    since = time.time()  # looking through all processes may take longer than the second that is allowed for clocks
    names = ("mpich_shm_left", "ucx_shm_posix_left", "mpich_shm_open", "mpich_shm_mapped", "mpich_shm_old", "another")
    left, left_by_ucx, held, mapped, old, another = (tmp_path / name for name in names)
    for file in (left, left_by_ucx, held, mapped, old, another):
        file.write_bytes(b"x" * mmap.PAGESIZE)
    os.utime(old, (0, 0))
    with mapped.open("r+b") as opened:
        memory = mmap.mmap(opened.fileno(), 0)
    with memory, held.open():
        memory_files.unlink_abandoned(since)
        assert set(tmp_path.iterdir()) == {held, mapped, old, another}
        monkeypatch.setattr(memory_files, "_open", set)  # Python keeps open what it has mapped, which others do not
        memory_files.unlink_abandoned(since)
        assert set(tmp_path.iterdir()) == {mapped, old, another}
    memory_files.unlink_abandoned(since)
    assert set(tmp_path.iterdir()) == {old, another}
