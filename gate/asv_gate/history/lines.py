"""A file of JSON lines beside a machine's results, one for each build that something is known of.

It is written whole, in the same order whatever came first, so that two machines' files can be joined and compared.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError
from asv_gate.history.reference import Build

Known = TypeVar("Known")


@dataclass(frozen=True)
class Lines(Generic[Known]):
    """Such a file.

    Attributes
    ----------
    name
        Of the file.
    write
        What a line has beside commit and environment.
    read
        What a line says. Raises ValueError, KeyError or TypeError where it says something else.
    without
        What becomes of a history whose file is removed.
    merge
        What is known of a build of which two machines know something, the second of them this one.

    """

    name: str
    write: Callable[[Known], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any]], Known]
    without: str
    merge: Callable[[Known, Known], Known] = lambda theirs, ours: ours

    def load(self, folder: Path) -> dict[Build, Known]:
        """What the folder's file says; nothing where there is none. Raises GateError for a broken one."""
        path = folder / self.name
        try:
            return self.parse(path.read_text(encoding="utf-8"), path)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(path, error) from None

    def save(self, folder: Path, known: Mapping[Build, Known]) -> None:
        """Write the folder's file."""
        write_atomic(folder / self.name, self.text(known))

    def text(self, known: Mapping[Build, Known]) -> str:
        """What a file of it holds."""
        builds = sorted(known, key=lambda build: (build.environment, build.commit))
        lines = ({"commit": each.commit, "environment": each.environment, **self.write(known[each])} for each in builds)
        return "".join(f"{json.dumps(line)}\n" for line in lines)

    def parse(self, text: str, path: Path) -> dict[Build, Known]:
        """What a file's text says. Raises GateError, which names the file, where it is broken."""
        try:
            lines = [json.loads(line) for line in text.splitlines()]
            return {Build(line["commit"], line["environment"]): self.read(line) for line in lines}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._unreadable(path, error) from None

    def joined(self, theirs: str, ours: str, path: Path) -> str:
        """The text of what two machines of one name know. Raises GateError where one of them is broken."""
        there, here = self.parse(theirs, path), self.parse(ours, path)
        both = {build: self.merge(there[build], here[build]) for build in there.keys() & here.keys()}
        return self.text({**there, **here, **both})

    def _unreadable(self, path: Path, error: Exception) -> GateError:
        return GateError(f"{path} cannot be read ({error!r}): restore it, or remove it, and {self.without}")
