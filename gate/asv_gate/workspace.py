"""The folder ``.asv-gate`` beside asv.conf.json: environments that are made once, and a folder per run."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from asv_gate import asvlink, differing
from asv_gate.asvlink import Install, Suite

UNUSED_SECONDS = 24 * 3600.0  # after which an environment, of some hundred megabytes, is removed
SAME_DAY_SECONDS = 3600.0  # within which what others have released is not looked for
LETTERS = "abcd"
SCRATCH = "scratch-"
ANY = "any-commit--"  # in place of a commit's 12 digits
HOLDS = "commit"
LOCK = ".{}.lock"


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

    def install_both(
        self,
        suites: tuple[Suite, Suite],
        commits: tuple[str, str],
        letters: tuple[str, str],
        tell: Callable[[str], None],
    ) -> tuple[Install, Install]:
        """Both commits, each in its suite's environment, with dependencies of one day.

        An installation that was kept may have older versions of them than one that is made now, for
        which head would be blamed. It is made again then; what differs after that is the commits' own choice.
        """
        base, head = (self.install(*each, tell) for each in zip(suites, commits, letters, strict=True))
        unasked = differing.besides(base, head, differing.may_differ(*suites))
        if not unasked or abs(base.made - head.made) < SAME_DAY_SECONDS:
            return base, head
        tell(f"{unasked}; what was installed earlier is installed again")
        if base.made < head.made:
            return self.install(suites[0], base.commit, base.letter, tell, after=base), head
        return base, self.install(suites[1], head.commit, head.letter, tell, after=head)

    def install(
        self, suite: Suite, commit: str, letter: str, tell: Callable[[str], None], after: Install | None = None
    ) -> Install:
        """The commit in an environment of its own: made, waited for while another makes it, or found.

        With `after`, one that was made after that; the other stays, since another gate may be using it.
        The paths of all of them have one length, since the size of a process's environment can
        change its times.
        """
        name = f"{commit[:12]}-{letter}-{suite.setup_hash[:8]}"
        with locked(self._lock(name)):
            found = sorted(folder.name for folder in self.environments.glob(f"{name}-?"))
            last = int(found[-1][-1]) if found else 0
            if after is not None and last == int(after.folder.name[-1]):
                last = min(last + 1, 9)
            folder = self.environments / f"{name}-{last}"
            folder.mkdir(exist_ok=True)
            if not (folder / asvlink.READY).exists():
                tell(f"Building {commit[:8]} in {suite.environment}, installation {letter}")
            os.utime(folder)
            install = asvlink.build(self.config, suite, commit, letter, folder)
            os.utime(folder)
        return install

    def install_over(self, suite: Suite, commit: str, tell: Callable[[str], None]) -> Install:
        """The commit in the suite's one environment for whatever is measured next, in place of what is there.

        As ``asv run`` does it: an environment for each of many commits would take minutes and gigabytes.
        """
        name = f"{ANY}-a-{suite.setup_hash[:8]}"
        with locked(self._lock(name)):
            folder = self.environments / f"{name}-0"
            folder.mkdir(exist_ok=True)
            holds = folder / HOLDS
            if not holds.is_file() or holds.read_text(encoding="ascii") != commit:
                tell(f"Building {commit[:8]}")
                holds.unlink(missing_ok=True)
                (folder / asvlink.READY).unlink(missing_ok=True)
            os.utime(folder)
            install = asvlink.build(self.config, suite, commit, "a", folder)
            holds.write_text(commit, encoding="ascii")
            os.utime(folder)
        return install

    def remove_unused(self) -> None:
        """A gate does not take a day, so what was not asked for in one is in nobody's use."""
        for folder in (*self.environments.iterdir(), *self.folder.glob(f"{SCRATCH}*")):
            with contextlib.suppress(FileNotFoundError):  # another gate was faster
                if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_SECONDS:
                    self._remove(folder)

    def prune(self, keep: Collection[Path], run: Path) -> bool:
        """Remove all but these environments and this run, of which the reports stay; not while another gate runs here.

        A history and a search are such, too. Whether it was done.
        """
        others = [folder for folder in self.past_runs() if folder != run]
        locks = [folder / LOCK.format("run") for folder in others]
        locks += [self.folder / LOCK.format("history"), *(self.folder / "find").glob(LOCK.format("*"))]
        with contextlib.ExitStack() as stack:
            if not all(stack.enter_context(locked(lock, timeout=0)) for lock in locks):
                return False
            for folder in self.environments.iterdir():
                if folder.is_dir() and folder not in keep:
                    self._remove(folder)
            for folder in (*others, *(each for each in run.iterdir() if each.is_dir())):
                shutil.rmtree(folder, ignore_errors=True)
        return True

    def _remove(self, environment: Path) -> None:
        with locked(self._lock(environment.name[:-2]), timeout=0) as ours:
            if ours:
                shutil.rmtree(environment, ignore_errors=True)

    def _lock(self, name: str) -> Path:
        return self.environments / f"{name}.lock"

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
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=SCRATCH) as folder:
            yield Path(folder)

    def past_runs(self) -> list[Path]:
        """The newest first."""
        return sorted((folder for folder in self.runs.iterdir() if folder.is_dir()), reverse=True)


@contextlib.contextmanager
def held(folder: Path, name: str = "run") -> Iterator[bool]:
    """Whether what is in the folder under this name is ours alone, within the block."""
    with locked(folder / LOCK.format(name), timeout=0) as ours:
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
