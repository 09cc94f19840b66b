"""Which benchmarks run the same code at two commits: what is imported for them, but for comments and docstrings.

Nor do the imports for type checkers count, which are not run: lists of all strategies are among them.
"""

import ast
import functools
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from tools.kept import WithoutDocstrings

PACKAGE = "kernels"
Sources = Mapping[str, bytes]  # by path from the repository's root


@functools.cache
def sources_of(commit: str) -> Sources:
    """The package's files at a commit. Raises CalledProcessError where git does not know it."""
    command = ["git", "archive", "--format=tar", commit, "--", PACKAGE]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = [(member.name, archive.extractfile(member)) for member in archive if member.name.endswith(".py")]
        return {name: file.read() for name, file in files if file is not None}


def digest(commit: str, workload: str, strategy: str) -> str:
    """Of the code that a run of this workload and strategy goes through, and of all that it imports."""
    return _digest(commit, (f"workloads/{workload}.py", f"strategies/{strategy}.py", "team.py"))


@functools.cache
def _digest(commit: str, roots: tuple[str, ...]) -> str:
    sources = sources_of(commit)
    paths = closure(sources, (f"{PACKAGE}/{root}" for root in roots))
    if not all(f"{PACKAGE}/{root}" in paths for root in roots):  # of an older layout: the whole package is what it runs
        paths = set(sources)
    sha = hashlib.sha256()
    for path in sorted(paths):
        sha.update(f"{path}\0{_code(sources[path])}\0".encode())
    return sha.hexdigest()


@functools.cache
def _code(source: bytes) -> str:
    return ast.dump(WithoutDocstrings().visit(_parsed(source)))


def _parsed(source: bytes) -> ast.Module:
    """What is run of it."""
    tree: ast.Module = WithoutTypeChecking().visit(ast.parse(source))
    return tree


class WithoutTypeChecking(ast.NodeTransformer):
    """Takes the bodies of ``if TYPE_CHECKING`` away."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.orelse if ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING" else node


def closure(sources: Sources, roots: Iterable[str]) -> set[str]:
    """The files that are imported from these, within the package, at whatever depth; those that are there.

    But for the package's own, which imports all that it offers: what of that runs is imported by name.
    """
    offers = f"{PACKAGE}/__init__.py"
    found: set[str] = set()
    left = list(roots)
    while left:
        path = left.pop()
        if path not in sources or path in found or path == offers:
            continue
        found.add(path)
        left += _imported(path, sources[path])
    return found


@functools.cache
def _imported(path: str, source: bytes) -> tuple[str, ...]:
    """What a file may import, there or not."""
    found: list[str] = []
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Import):
            found += [file for alias in node.names for file in _files(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, path)
            found += [file for alias in node.names for file in (*_files(module), *_files(f"{module}.{alias.name}"))]
    return tuple(found)


def _absolute(node: ast.ImportFrom, path: str) -> str:
    if not node.level:
        return node.module or ""
    folder = PurePosixPath(path).parents[node.level - 1]
    return ".".join((*folder.parts, *filter(None, [node.module])))


def _files(module: str) -> tuple[str, str]:
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"
