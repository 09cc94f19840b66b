"""The folder of a run, which has its journal: a new one, or that of an interrupted run to go on with."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asv_gate import workspace
from asv_gate.asvlink import Suite
from asv_gate.errors import GateError
from asv_gate.journal import Journal, read
from asv_gate.request import Request
from asv_gate.workspace import Workspace

DONE = "done"  # the file that a run leaves which came to its end


@contextmanager
def opened(space: Workspace, request: Request, suites: tuple[Suite, Suite]) -> Iterator[tuple[Path, Journal]]:
    """The run's folder, which is this process's alone within the block, and its journal.

    Raises
    ------
    GateError
        Where a run is to be resumed and none fits the request.

    """
    header = request.header(suites)
    for past in space.past_runs() if request.resume else ():
        seed = _seed_of(past, header, ended=request.of_several)
        if seed is not None and request.seed in (None, seed):
            with workspace.held(past) as ours:
                if ours:
                    with Journal(past / "journal.jsonl", {**header, "seed": seed}) as journal:
                        yield past, journal
                    return
    if request.resume and not (request.of_several and request.seed is not None):
        raise GateError("there is no interrupted run of these sides with these settings to go on with")
    folder = space.new_run()
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    with workspace.held(folder), Journal(folder / "journal.jsonl", {**header, "seed": seed}) as journal:
        yield folder, journal


def _seed_of(folder: Path, header: dict[str, object], *, ended: bool) -> int | None:
    """The seed of the run in the folder, if it was asked the same, and has not ended unless `ended` ones count."""
    journal = folder / "journal.jsonl"
    if not journal.exists() or ((folder / DONE).exists() and not ended):
        return None
    found = read(journal)[0]
    seed = found.get("seed")
    return seed if found == {**header, "seed": seed} else None
