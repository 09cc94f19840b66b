"""Names of commits, looked up in the repository that a suite's config names: each must be one commit, and today's.

This runs in the process that imports asv, since it is asv that knows where the repository is.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
NO_COMMIT = re.compile(r"0+|f+")  # Mercurial's null revision, and its working folder
RANGE = re.compile(r"\.\.|\^[@!-]")


class Refusal(Exception):
    """What the user can do something about, in one line."""


@dataclass(frozen=True)
class Commits:
    """The hashes of commits by name, whether the checkout has changes besides, and what else must be said."""

    commits: Mapping[str, str]
    uncommitted: bool
    notes: Sequence[str]


def find(repo: Any, url: str, names: Sequence[str]) -> Commits:
    """Look the names up in asv's repository `repo` of that `url`, which is fetched first if it is a mirror.

    Raises
    ------
    Refusal
        For a name that is not one commit's, and where names may be out of date.

    """
    for name in names:
        if not name.strip():
            raise Refusal("the name of a commit is empty")
        if name.startswith("-"):
            raise Refusal(f"{name!r} is an option, not the name of a commit")
    if not names:
        return Commits({}, False, [])
    where = _Mercurial(repo, url) if repo.dvcs == "hg" else _Git(repo, url)
    why = where.refresh()
    if why and not all(HASH.fullmatch(name) for name in names):
        raise Refusal(f"{url} cannot be fetched, and what was fetched before may be out of date: {why}")
    commits = {name: where.commit(name) for name in names}
    return Commits(commits, where.uncommitted(), [f"{url} could not be fetched: {why}."] if why else [])


def complete(repo: Any, commit: str) -> None:
    """Get what a partial clone lacks of the commit: a clone of it, as asv makes, would not know where from.

    Index and working tree are temporary ones, so that nothing of the repository changes but what it has of the commit.
    """
    if not git(repo._path, "config", "--get-regexp", r"^remote\..*\.promisor$").stdout:
        return
    with tempfile.TemporaryDirectory() as folder:
        got = git(
            repo._path,
            "read-tree",
            "--reset",
            "-u",
            commit,
            GIT_INDEX_FILE=os.path.join(folder, "index"),
            GIT_WORK_TREE=folder,
            GIT_LFS_SKIP_SMUDGE="1",
        )
    if got.returncode:
        raise Refusal(
            f"the rest of commit {commit[:8]} cannot be fetched into this partial clone: {reason(got.stderr)}"
        )


def git(folder: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run git, in English and without writing: `git status` else refreshes the caller's index."""
    return subprocess.run(
        [shutil.which("git") or "git", *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C", "LANGUAGE": "C", "GIT_OPTIONAL_LOCKS": "0", **variables},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def reason(stderr: str) -> str:
    """What git says was wrong, in one line, with the command that it advises."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(fatal|error|remote|ssh)\b.*:", line)]
    said = re.sub(r"^(fatal|error): ", "", (errors or lines or ["no reason given"])[0])
    advice = next((line for line in lines if line.startswith("git config ")), "")
    return f"{said} ({advice})" if advice else said


class _Git:
    def __init__(self, repo: Any, url: str) -> None:
        self.folder: str = repo._path
        self.url = url
        self.mirror = not repo._pulled  # asv's own word for it: a local repository has nothing to be pulled

    def refresh(self) -> str:
        """Fetch what the mirror is of: branches that are gone are removed, and tags that have moved are moved."""
        if not self.mirror:
            return ""
        mirror, of = (self._config(f"remote.origin.{key}") for key in ("mirror", "url"))
        if mirror != "true" or of != self.url:  # fetching as below into a clone of the user's would destroy branches
            raise _not_mirror(self.folder, self.url)
        fetched = git(self.folder, "fetch", "--quiet", "--prune", "--no-auto-gc", "origin", "+refs/*:refs/*")
        if fetched.returncode:
            return reason(fetched.stderr)
        default = re.match(r"ref: (\S+)\tHEAD", git(self.folder, "ls-remote", "--symref", "origin", "HEAD").stdout)
        if default:
            git(self.folder, "symbolic-ref", "HEAD", default[1])
        return ""

    def _config(self, key: str) -> str:
        return git(self.folder, "config", "--get", key).stdout.strip()

    def commit(self, name: str) -> str:
        found = git(self.folder, "-c", "core.warnAmbiguousRefs=true", "rev-parse", "--verify", name)
        hash_ = found.stdout.strip()
        if found.returncode or not HASH.fullmatch(hash_):
            if RANGE.search(name) or name.startswith("^"):
                raise Refusal(f"{name!r} is a range of commits, not one commit")
            said = reason(found.stderr)
            if "ambiguous" in said:
                raise Refusal(f"{name!r} may be one of several commits: {said}")
            if "single revision" not in said and "bad revision" not in said:
                raise Refusal(f"git cannot look up {name!r} in {self.url}: {said}")
            raise self._none(name)
        if re.search(r"refname .* is ambiguous", found.stderr):
            raise Refusal(f"{name!r} has several meanings: name it as refs/heads/{name} or refs/tags/{name}")
        peeled = git(self.folder, "rev-parse", "--verify", "--quiet", hash_ + "^{commit}").stdout.strip()
        if not HASH.fullmatch(peeled):
            kind = git(self.folder, "cat-file", "-t", hash_ + "^{}").stdout.strip()
            raise Refusal(f"{name!r} names a {kind}, not a commit") if kind else self._none(name)
        return peeled

    def _none(self, name: str) -> Refusal:
        shallow = git(self.folder, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"
        hint = "; the clone is shallow: git fetch --unshallow gets the rest" if shallow else ""
        return Refusal(f"there is no commit {name!r} in {self.url}{hint}")

    def uncommitted(self) -> bool:
        if self.mirror or git(self.folder, "rev-parse", "--is-inside-work-tree").stdout.strip() != "true":
            return False
        return bool(git(self.folder, "status", "--porcelain", "--untracked-files=no").stdout.strip())


class _Mercurial:
    def __init__(self, repo: Any, url: str) -> None:
        self.asv, self.client, self.url = repo, repo._repo, url

    def refresh(self) -> str:
        """Pull what the mirror is of, if it is one."""
        import hglib

        if not self.asv._pulled and _plain(self.client.paths().get(b"default", b"").decode()) != _plain(self.url):
            raise _not_mirror(self.asv._path, self.url)
        try:
            self.asv.pull()
        except (hglib.error.CommandError, hglib.error.ServerError) as error:
            return _abort(error)
        return ""

    def commit(self, name: str) -> str:
        import hglib

        try:
            found = self.client.log(name.encode())
        except hglib.error.CommandError as error:
            raise Refusal(f"hg cannot look up {name!r} in {self.url}: {_abort(error)}") from None
        if len(found) != 1:
            raise Refusal(f"{name!r} names {len(found)} commits, not one")
        node: str = found[0].node.decode()
        if NO_COMMIT.fullmatch(node):
            raise Refusal(f"{name!r} names no commit")
        return node

    def uncommitted(self) -> bool:
        return bool(self.client.status(modified=True, added=True, removed=True, deleted=True))


def _not_mirror(folder: str, url: str) -> Refusal:
    return Refusal(f"{folder} is not a whole mirror of {url}, for which it is taken: remove or rename it")


def _plain(url: str) -> str:
    """A URL without what hg does not keep of it or does not show: asv's mark, file://, a password."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1@", url.removeprefix("hg+").removeprefix("file://")).rstrip("/")


def _abort(error: Exception) -> str:
    said = getattr(error, "err", b"") or str(error).encode()
    return str(said.decode("utf-8", "replace").strip().splitlines()[0].removeprefix("abort: "))
