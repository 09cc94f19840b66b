"""What ``make quoted`` writes: what README.md and docs/results.md quote of the committed results, taken anew.

That is README's table of the fastest strategies, which are the bold cells in the table of docs/results.md, and the
outputs of ``python -m tools.noise``: below each such command of a page is what it prints.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results.md"

QUOTED = re.compile(r"^\$ python -m tools\.noise\b(.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
WINNER = re.compile(r"^\| (?P<kind>.*) \| `(?P<workload>\w+)` \| .* \| .* \| .*x \|$", re.MULTILINE)
SIMILAR = "≈ "  # as asv_scaling writes it


def outputs(page: str) -> list[tuple[list[str], str]]:
    """The arguments of each command of a page, and what it is said to print."""
    return [(shlex.split(arguments), output) for arguments, output in QUOTED.findall(page)]


def with_outputs(page: str, run: Callable[[list[str]], str]) -> str:
    """The page with what `run` gives for the arguments of each command."""
    return QUOTED.sub(
        lambda found: f"$ python -m tools.noise{found[1]}\n{run(shlex.split(found[1]))}",
        page,
    )


def best(results: str) -> dict[str, dict[str, str]]:
    """By workload and strategy the cells of the first table of docs/results.md."""
    table = results.partition("Time of serial on each Python")[0]
    head, _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"
    )
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def with_winners(readme: str, results: str) -> str:
    """README with the rows of its table as the results have them; which workloads it shows is README's."""
    table = best(results)

    def row(found: re.Match[str]) -> str:
        cells = table[found["workload"]]
        ((strategy, cell),) = ((each, cell) for each, cell in cells.items() if cell.startswith("**"))
        speedup, workers = re.findall(r"[\d.]+", cell)
        how = "no workers" if strategy == "serial" else f"{workers} workers"
        alike = ", ".join(f"`{each}`" for each, cell in cells.items() if cell.startswith(SIMILAR)) or "-"
        return f"| {found['kind']} | `{found['workload']}` | `{strategy}`, {how} | {alike} | {speedup}x |"

    return WINNER.sub(row, readme)


def main() -> int:
    """Write both pages; 1 where a command fails, and then neither is."""

    def run(arguments: list[str]) -> str:
        return subprocess.check_output([sys.executable, "-m", "tools.noise", *arguments], cwd=ROOT, text=True)

    before = RESULTS.read_text(encoding="utf-8")
    try:
        after = with_outputs(before, run)
    except subprocess.CalledProcessError:  # it has said why
        return 1
    README.write_text(with_winners(README.read_text(encoding="utf-8"), after), encoding="utf-8")
    RESULTS.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
