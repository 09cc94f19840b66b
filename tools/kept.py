"""Measurements that are kept in a file as they are made, and the table that a page shows of them."""

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

import kernels
from kernels.commands import files

PACKAGE = Path(kernels.__file__).parent
MACHINERY = (
    "team.py",
    "contract/*.py",
    "strategies/*.py",
    "workers/*.py",
)  # what the times of every workload depend on


def digest(workload: str, package: Path = PACKAGE) -> str:
    """A hash of the code that times of a workload depend on: neither its comments nor other workloads are in it."""
    sources = {file for pattern in MACHINERY for file in package.glob(pattern)} | files_of(workload, package)
    trees = (as_text(WithoutDocstrings().visit(ast.parse(file.read_bytes()))) for file in sorted(sources))
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:16]


class WithoutDocstrings(ast.NodeTransformer):
    """Removes every statement that is a string and nothing else."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else node


def as_text(node: Any) -> str:
    """What ``ast.dump`` makes of it on Python 3.13, on any Python: others leave out less, and 3.15 has `is_lazy`."""
    if isinstance(node, list):
        return f"[{', '.join(map(as_text, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    optional = {name for name in node._fields if getattr(type(node), name, ...) is None}
    fields = (
        f"{name}={as_text(value)}"
        for name, value in ast.iter_fields(node)
        if not (value == [] or (value is None and name in optional) or (name == "is_lazy" and not value))
    )
    return f"{type(node).__name__}({', '.join(fields)})"


def files_of(workload: str, package: Path) -> set[Path]:
    """The workload's own, and those of the workloads that it is made from."""
    found: set[Path] = set()
    left = [workload]
    while left:  # two files may import each other
        file = package / "workloads" / f"{left.pop()}.py"
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kernels.workloads"):
                _, _, name = str(node.module).removeprefix("kernels.workloads").partition(".")
                left += [name] if name else [alias.name for alias in node.names]
    return found


def load(file: Path) -> dict[str, Any]:
    """What is kept in the file, or nothing where there is none."""
    everything: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return everything


def save(file: Path, everything: dict[str, Any]) -> None:
    with files.atomic_write(file) as draft:
        draft.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n")


def has_marks(page: Path, begin: str, end: str) -> bool:
    """Whether the page has a place for the table."""
    text = page.read_text()
    return text.count(begin) == text.count(end) == 1


def show(page: Path, begin: str, end: str, table: str) -> None:
    """Put the table between its marks in the page."""
    before, rest = page.read_text().split(begin)
    _, after = rest.split(end)
    with files.atomic_write(page) as draft:
        draft.write_text(f"{before}{begin}{table}\n{end}{after}")
