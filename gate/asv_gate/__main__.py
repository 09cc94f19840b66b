"""``python -m asv_gate`` and the command ``asv-gate``: the command line, if what it needs is installed."""

import sys

UNABLE = 2  # the exit status of a gate that could not do its job


def main() -> int:
    """The exit status of the command, or 2 after one line that names a package that is not installed."""
    try:
        from asv_gate.cli import main as command
    except ModuleNotFoundError as error:
        print(f"asv-gate: {error.name} is not installed; pip install asv-gate brings all it needs", file=sys.stderr)
        return UNABLE
    return command()


if __name__ == "__main__":
    sys.exit(main())
