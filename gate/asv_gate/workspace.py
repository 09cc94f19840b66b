"""The folder ``.asv-gate`` beside asv.conf.json: environments that are made once, and a folder per run."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from asv_gate import asvlink
from asv_gate.asvlink import Install, Suite

UNUSED_SECONDS = 24 * 3600.0  # after which an environment, of some hundred megabytes, is removed
LETTERS = "abcd"


class Workspace:
    """What several gates in one checkout may use at the same time."""

    def __init__(self, config: Path) -> None:
        asvlink.require_config(config)
        self.config = config
        self.folder = config.parent.resolve() / ".asv-gate"
        self.environments = self.folder / "env"
        self.runs = self.folder / "runs"
        self.calibration = self.folder / "calibration.json"
        self.environments.mkdir(parents=True, exist_ok=True)
        self.runs.mkdir(exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    def install(self, suite: Suite, commit: str, letter: str, tell: Callable[[str], None]) -> Install:
        """The commit in an environment of its own: made, waited for while another makes it, or found.

        The paths of all of them have one length, since the size of a process's environment can
        change its times.
        """
        name = f"{commit[:12]}-{letter}-{suite.setup_hash[:8]}"
        folder = self.environments / name
        with locked(self.environments / f"{name}.lock"):
            folder.mkdir(exist_ok=True)
            if not (folder / "ready.json").exists():
                tell(f"Building {commit[:8]}, installation {letter}")
            os.utime(folder)
            install = asvlink.build(self.config, suite, commit, letter, folder)
            os.utime(folder)
        return install

    def remove_unused(self) -> None:
        """A gate does not take a day, so what was not asked for in one is in nobody's use."""
        for folder in self.environments.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another gate was faster
                if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_SECONDS:
                    with locked(self.environments / f"{folder.name}.lock", timeout=0) as ours:
                        if ours:
                            shutil.rmtree(folder, ignore_errors=True)

    def new_run(self) -> Path:
        """A folder for a run, in order of time."""
        stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        while True:
            folder = self.runs / f"{stamp}-{os.getpid()}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
            time.sleep(1)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that is gone after the block."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="scratch-") as folder:
            yield Path(folder)

    def past_runs(self) -> list[Path]:
        """The newest first."""
        return sorted((folder for folder in self.runs.iterdir() if folder.is_dir()), reverse=True)


@contextlib.contextmanager
def held(folder: Path, name: str = "run") -> Iterator[bool]:
    """Whether what is in the folder under this name is ours alone, within the block."""
    with locked(folder / f".{name}.lock", timeout=0) as ours:
        yield ours


@contextlib.contextmanager
def locked(file: Path, timeout: float = -1) -> Iterator[bool]:
    """Whether the lock could be had within so many seconds (-1: however long it takes); it is held within the block.

    A file system that has no locks, as some network ones, is taken to be this process's alone.
    """
    lock = FileLock(file)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        yield False
        return
    except (NotImplementedError, OSError) as error:
        if getattr(error, "errno", errno.ENOSYS) not in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK):
            raise
    try:
        yield True
    finally:
        lock.release()


def digest(suite: Suite) -> str:
    """Of the suite's own files: what it measures."""
    sha = hashlib.sha256()
    for path in sorted(suite.benchmarks.rglob("*.py")):
        sha.update(str(path.relative_to(suite.benchmarks)).encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()
