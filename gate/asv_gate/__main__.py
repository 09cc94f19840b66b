"""``python -m asv_gate`` is ``asv-gate``."""

import sys

from asv_gate.cli import main

if __name__ == "__main__":
    sys.exit(main())
