"""What the world does to a run at a random moment: it kills, closes, fills, forbids, and takes away."""

import contextlib
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import forbid
import psutil

SECONDS = 8.0  # a run takes about so long where nothing else runs
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP)
WHO = {  # by words of their command lines
    "the gate": (),
    "the guard": ("asv_gate.guard",),
    "asv": ("asv_gate.asvchild", " git "),
    "a worker": ("sampler.py", "benchmark.py", "discover.py"),
    "a server": ("time.sleep(600)",),
}


def nothing(gate: "Popen[bytes]") -> None:
    pass


@dataclass
class Mischief:
    """One of them: in words, and what is done before the gate starts (in its process), during its run, and after it."""

    words: str
    before: Callable[[], object] | None = None
    through: tuple[str, ...] = ()  # a command that runs the gate's
    streams: Mapping[str, int] = field(default_factory=dict)
    during: Callable[["Popen[bytes]"], None] = nothing
    after: Callable[[], None] = lambda: None


def choose(seed: int, folder: Path) -> Mischief:
    """A function of the seed, against a run in the folder."""
    rng = random.Random(seed)
    kinds = (kill, kill, kill, close, lose_reader, limit, refuse_calls, take_away, fill)
    return rng.choice(kinds)(rng, folder)


def kill(rng: random.Random, folder: Path) -> Mischief:
    """Some process of the run, by some signal; what is stopped goes on after a while."""
    who, how, delay = rng.choice(list(WHO)), rng.choice(SIGNALS), rng.uniform(0, SECONDS)

    def during(gate: "Popen[bytes]") -> None:
        wait(gate, delay)
        for _ in range(500):
            chosen = _processes(gate, who)
            if chosen or gate.poll() is not None:
                break
            time.sleep(0.01)
        for process in chosen[:1] if who == "the gate" else rng.sample(chosen, min(1, len(chosen))):
            with contextlib.suppress(psutil.Error):
                process.send_signal(how)
                if how is signal.SIGSTOP:
                    time.sleep(0.3)
                    process.resume()

    return Mischief(f"{how.name} to {who} after {delay:.2f} s", during=during)


def close(rng: random.Random, folder: Path) -> Mischief:
    """Standard streams that are closed, or full."""
    chosen, full = rng.sample((0, 1, 2), rng.randint(1, 3)), rng.random() < 0.5

    def before() -> None:
        for fd in chosen:
            if full:
                os.dup2(os.open("/dev/full", os.O_RDWR), fd)
            else:
                os.close(fd)

    return Mischief(f"{'full' if full else 'closed'}: {chosen}", before=before)


def lose_reader(rng: random.Random, folder: Path) -> Mischief:
    delay, which = rng.uniform(0, SECONDS), rng.choice([("stdout",), ("stderr",), ("stdout", "stderr")])
    read, write = os.pipe()

    def during(gate: "Popen[bytes]") -> None:
        os.close(write)
        wait(gate, delay)
        os.close(read)

    return Mischief(
        f"the reader of {which} goes after {delay:.2f} s", streams=dict.fromkeys(which, write), during=during
    )


def limit(rng: random.Random, folder: Path) -> Mischief:
    """No file may grow beyond so many bytes, or no more than so many be open."""
    if rng.random() < 0.7:
        name, most = "RLIMIT_FSIZE", rng.choice([0, 10, 100, 1000, 10_000, 100_000])
    else:
        name, most = "RLIMIT_NOFILE", rng.randint(5, 30)
    kind = getattr(resource, name)
    return Mischief(f"{name} {most}", before=lambda: resource.setrlimit(kind, (most, most)))


def fill(rng: random.Random, folder: Path) -> Mischief:
    """A small file system, for the runs or for temporary files, in a mount namespace of the run's own."""
    size, where = rng.choice([4, 8, 16, 64, 256]), rng.choice((str(folder / ".asv-gate" / "runs"), "$TMPDIR"))
    small = rng.random() < 0.5
    kind = f"a tmpfs of {size}k" if small else "read-only"
    mount = f'mount -t tmpfs -o size={size}k none "$d"'
    if not small:
        mount = 'mount --bind "$d" "$d" && mount -o remount,ro,bind "$d"'
    script = f'd="{where}"; {mount} && exec "$@"'
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() != 0:
        return limit(rng, folder)
    return Mischief(f"{where} is {kind}", through=(unshare, "--mount", "sh", "-c", script, "sh"))


def refuse_calls(rng: random.Random, folder: Path) -> Mischief:
    names = rng.sample(sorted(forbid.NUMBERS), rng.randint(1, len(forbid.NUMBERS)))
    error = rng.choice(("ENOSYS", "EPERM"))
    return Mischief(f"{error} of {names}", through=(sys.executable, str(Path(forbid.__file__)), error, ",".join(names)))


def take_away(rng: random.Random, folder: Path) -> Mischief:
    """The run's folder, its journal, or an installation: it is moved, and comes back after the run."""
    what, delay = rng.choice(("run", "journal", "installation")), rng.uniform(0, SECONDS)
    away = folder / ".asv-gate" / "away"
    moved: list[tuple[Path, Path]] = []

    def during(gate: "Popen[bytes]") -> None:
        wait(gate, delay)
        runs = sorted(folder.glob(".asv-gate/runs/*"))[-1:]
        chosen = {
            "run": runs,
            "journal": [run / "journal.jsonl" for run in runs],
            "installation": sorted(path for path in folder.glob(".asv-gate/env/*") if path.is_dir())[:1],
        }[what]
        for path in chosen:
            if path.exists():
                away.mkdir(exist_ok=True)
                moved.append((path.rename(away / path.name), path))

    def after() -> None:
        for path, place in moved:
            if not place.exists() and place.parent.exists():
                path.rename(place)
        shutil.rmtree(away, ignore_errors=True)

    return Mischief(f"the {what} is taken away after {delay:.2f} s", during=during, after=after)


def wait(gate: "Popen[bytes]", seconds: float) -> None:
    with contextlib.suppress(Exception):
        gate.wait(seconds)


def _processes(gate: "Popen[bytes]", who: str) -> list[psutil.Process]:
    found = []
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(gate.pid)
        if not WHO[who]:
            return [top]
        for process in top.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                words = " ".join(process.cmdline())
                if any(each in words for each in WHO[who]):
                    found.append(process)
    return found
