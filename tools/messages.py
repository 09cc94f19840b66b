"""The error messages of the three packages: ``python -m tools.messages`` compares the docs with the sources.

A message is the text of an error that is made, of what goes to standard error, or of the reason that a function gives
which is named below. Where a value is put in, the text has an ellipsis.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "how-to" / "troubleshooting.md"
PACKAGES = (ROOT / "kernels", ROOT / "gate" / "asv_gate", ROOT / "scaling" / "asv_scaling")
SCRIPT = ROOT / "gate" / "asv_gate" / "action.sh"

# Python's own errors that the packages raise, and what the packages print to standard error or to asv's log with.
BUILT_IN = {"ArgumentTypeError", "MemoryError", "OSError", "RuntimeError", "TypeError", "ValueError"}
PRINTERS = {"_warn", "complain", "error", "refuse", "warn", "warning"}
# Functions whose answer is a reason, which an error or a printed line then contains.
REASONS = {
    "_failing",
    "_fewer",
    "_nothing",
    "_reason",
    "_said",
    "_uncertain",
    "_why_none",
    "conclude",
    "died",
    "failure",
    "missing",
    "read_outcome",
    "unwritable",
    "warnings",
    "why_never",
    "why_no_baseline",
    "why_nothing",
}
# What is no error, though it is said in these places, or a part of one that is on the page.
NO_ERRORS = {
    "Environment …",
    "No regression was found in ….…",
    "base, so that what it has is new",
    "the suite result (…)",
}

ON_PAGE = re.compile(r"^- `` ?(.+?) ?``$", re.MULTILINE)
IN_SCRIPT = re.compile(r'echo "(asv-gate: .*)"')


def in_sources() -> set[str]:
    """Every message, from the sources."""
    sources = [file.read_text(encoding="utf-8") for package in PACKAGES for file in package.rglob("*.py")]
    in_script = {
        re.sub(r"\$\{.*?\}+|\$\w+", "…", text) for text in IN_SCRIPT.findall(SCRIPT.read_text(encoding="utf-8"))
    }
    return messages(sources) | in_script


def messages(sources: Iterable[str]) -> set[str]:
    """The first line of each message of some modules, but for those without a word of their own."""
    trees = [ast.parse(source) for source in sources]
    errors = _errors(trees)
    found = {text for tree in trees for node in ast.walk(tree) for text in _messages(node, errors)}
    short = {re.sub("…+", "…", text.strip().partition("\n")[0]) for text in found}
    return {text for text in short if re.search(r"[^\W\d_]{2}", text)} - NO_ERRORS


def on_page() -> list[str]:
    """Those of the page, each in an item of a list."""
    return ON_PAGE.findall(PAGE.read_text(encoding="utf-8"))


def _errors(trees: list[ast.Module]) -> set[str]:
    """The names of all errors: Python's, and the classes that are derived from an exception."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {"Exception", *BUILT_IN}
    while more := {each.name for each in classes if found & set(map(_name, each.bases))} - found:
        found |= more
    return found


def _messages(node: ast.AST, errors: set[str]) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef) and node.name in REASONS:
        yield from _sentences(node.body[isinstance(node.body[0], ast.Expr) :])
    if isinstance(node, ast.Call):
        to_stderr = any(each.arg == "file" and ast.unparse(each.value) == "sys.stderr" for each in node.keywords)
        if to_stderr or _name(node.func) in errors | PRINTERS:
            for argument in node.args:
                yield from _texts(argument)


def _sentences(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The texts of several words in a function's statements; one inside another is a part of that."""
    for node in nodes:
        if isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp):
            yield from (text for text in _texts(node) if text.count(" ") > 1)
        else:
            yield from _sentences(ast.iter_child_nodes(node))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> list[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in _texts(node.left) for right in _texts(node.right)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return ["…"]


def main() -> int:
    """Say what the page lacks and what it has too much; 1 where there is any."""
    sources, page = in_sources(), set(on_page())
    for words, messages in (("not on the page", sources - page), ("no longer in the sources", page - sources)):
        for message in sorted(messages):
            print(f"{words}: {message}")
    return int(sources != page)


if __name__ == "__main__":
    sys.exit(main())
