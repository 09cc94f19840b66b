"""Standard streams that are closed, full or unread never decide how a command ends."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import SECONDS, Done

SH = shutil.which("sh")
FULL = Path("/dev/full")
needs_sh = pytest.mark.skipif(SH is None, reason="redirects as a POSIX shell does")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")

PRINTS = """
import os, sys
from asv_gate import streams
streams.settle()
with open(os.devnull) as file:
    assert file.fileno() > 2, "a file has taken a standard stream's place"
print("x" * 100_000, "\\N{GREEK SMALL LETTER ALPHA}")
print("y", file=sys.stderr)
assert sys.stdin.read() == ""
why = streams.lost(sys.stdout)
print("lost:", why, file=sys.stderr)
sys.exit(7)
"""
REDIRECTED = [
    ">&-",
    "2>&-",
    "<&-",
    "<&- >&- 2>&-",
    "| exit 0",
    "2>&1 | exit 0",
    pytest.param(">/dev/full", marks=needs_full),
    pytest.param("2>/dev/full", marks=needs_full),
    pytest.param(">/dev/full 2>&1", marks=needs_full),
    pytest.param(">/dev/full 2>&-", marks=needs_full),
    "1</dev/null",
]


def redirected(command: list[str], how: str, folder: Path, **variables: str) -> Done:
    """What a shell says of a command whose streams it has redirected: the command's own status, not its reader's."""
    assert SH is not None
    status = folder / "status"
    done = subprocess.run(
        [SH, "-c", f'{{ "$@"; echo $? > "$STATUS"; }} {how}', "sh", *command],
        cwd=folder,
        env={**os.environ, "STATUS": str(status), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Done(int(status.read_text()), done.stdout, done.stderr)


@needs_sh
@pytest.mark.parametrize("how", REDIRECTED)
@pytest.mark.parametrize("variables", [{"PYTHONUNBUFFERED": ""}, {"PYTHONUNBUFFERED": "1"}], ids=str)
def test_the_status_is_the_commands_own(tmp_path: Path, how: str, variables: dict[str, str]) -> None:
    done = redirected([sys.executable, "-c", PRINTS], how, tmp_path, PYTHONIOENCODING="ascii", **variables)
    assert done.status == 7, done.said


@needs_sh
@needs_full
def test_what_was_lost_is_told_but_not_that_a_reader_has_gone(tmp_path: Path) -> None:
    done = redirected([sys.executable, "-c", PRINTS], ">/dev/full", tmp_path)
    assert done.errors == "y\nlost: No space left on device\n"
    done = redirected([sys.executable, "-c", PRINTS], "| exit 0", tmp_path)
    assert done.errors == "y\nlost: \n"


@needs_sh
@pytest.mark.parametrize("how", ["<&- >&- 2>&-", "2>&1 | exit 0"])
@pytest.mark.parametrize(("arguments", "status"), [(("replay", "nowhere"), 2), (("--help",), 0), (("run", "--so"), 2)])
def test_no_command_ends_otherwise(tmp_path: Path, how: str, arguments: tuple[str, ...], status: int) -> None:
    done = redirected([sys.executable, "-m", "asv_gate", *arguments], how, tmp_path)
    assert done.status == status, done.said
    assert "Traceback" not in done.said


@needs_sh
@pytest.mark.parametrize("how", ["<&- >&- 2>&-", "2>&1 | exit 0", pytest.param(">/dev/full", marks=needs_full)])
def test_a_runs_status_is_its_verdict(thing: Path, how: str) -> None:
    run = [sys.executable, "-m", "asv_gate", "run", "base", "larger", "--bench", "track_count"]
    done = redirected(run, how, thing)
    (thing / "status").unlink()
    assert done.status == 1, done.said
    assert "Traceback" not in done.said
