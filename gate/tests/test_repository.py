"""A name must be one commit's, and today's; the repository is read and never written."""

import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import project
import pytest

from asv_gate import repository
from asv_gate.repository import Refusal


def local(folder: Path) -> Any:
    """Of asv's `Git`, what is used here."""
    return SimpleNamespace(dvcs="git", _path=str(folder), _pulled=True)


def mirror(folder: Path) -> Any:
    return SimpleNamespace(dvcs="git", _path=str(folder), _pulled=False)


def one(repo: Any, name: str, url: str = ".") -> str:
    return repository.find(repo, url, [name]).commits[name]


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """Two commits on main; tags of a commit, a tree and a file; a branch that has the name of a tag."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    (folder / "file").write_text("1")
    project.git(folder, "init", "--quiet", "--initial-branch", "main")
    project.commit(folder, "first")
    (folder / "file").write_text("2")
    project.commit(folder, "second")
    project.git(folder, "tag", "--annotate", "--message", "words", "annotated", "first")
    project.git(folder, "tag", "of-a-tree", "HEAD^{tree}")
    project.git(folder, "tag", "of-a-file", "HEAD:file")
    project.git(folder, "branch", "twice")
    project.git(folder, "tag", "twice", "first")
    return folder


@pytest.fixture
def mirrored(upstream: Path, tmp_path: Path) -> Any:
    project.git(tmp_path, "clone", "--quiet", "--mirror", str(upstream), str(tmp_path / "mirror"))
    return mirror(tmp_path / "mirror")


@pytest.mark.parametrize("name", ["first", "annotated", "main~1", "HEAD^", ":/first", "refs/tags/twice", "main@{1}"])
def test_any_name_of_one_commit_is_taken(upstream: Path, name: str) -> None:
    assert one(local(upstream), name) == project.git(upstream, "rev-parse", "first")


def test_a_hash_is_taken_whole_or_short(upstream: Path) -> None:
    commit = project.git(upstream, "rev-parse", "first")
    assert one(local(upstream), commit) == one(local(upstream), commit[:8]) == commit


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("first..second", "'first..second' is a range of commits, not one commit"),
        ("first...second", "is a range"),
        ("..second", "is a range"),
        ("^first", "is a range"),
        ("second^!", "is a range"),
        ("second^@", "is a range"),
        ("second^-", "is a range"),
        ("", "the name of a commit is empty"),
        ("  ", "the name of a commit is empty"),
        ("--help", "'--help' is an option, not the name of a commit"),
        ("-x", "is an option"),
        ("--all", "is an option"),
        ("of-a-tree", "'of-a-tree' names a tree, not a commit"),
        ("of-a-file", "'of-a-file' names a blob, not a commit"),
        ("main:file", "names a blob"),
        ("file", "there is no commit 'file'"),
        ("nowhere", "there is no commit 'nowhere'"),
        ("first second", "there is no commit 'first second'"),
        ("first\nsecond", "there is no commit"),
        ("0" * 40, "there is no commit"),
        ("main~99", "there is no commit"),
        ("twice", "'twice' has several meanings: name it as refs/heads/twice or refs/tags/twice"),
    ],
)
def test_what_is_not_one_commit_is_refused_in_one_line(upstream: Path, name: str, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        one(local(upstream), name)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value).replace(repr(name), "")


def test_the_beginning_of_several_hashes_is_refused(upstream: Path) -> None:
    seen: set[str] = set()
    tree = project.git(upstream, "rev-parse", "HEAD^{tree}")
    for number in range(2000):  # some two of 300 share four digits, as birthdays do
        made = project.git(upstream, "commit-tree", "-m", str(number), tree)[:4]
        if made in seen:
            break
        seen.add(made)
    with pytest.raises(Refusal, match="may be one of several commits"):
        one(local(upstream), made)


def test_a_mirror_is_fetched_each_time(upstream: Path, mirrored: Any) -> None:
    first = one(mirrored, "main", str(upstream))
    (upstream / "file").write_text("3")
    project.commit(upstream, "third")
    assert one(mirrored, "main", str(upstream)) == project.git(upstream, "rev-parse", "main") != first
    assert one(mirrored, "third", str(upstream)) == project.git(upstream, "rev-parse", "main")


def test_what_has_moved_or_is_gone_upstream_is_so_in_the_mirror(upstream: Path, mirrored: Any) -> None:
    project.git(upstream, "tag", "--force", "first", "second")
    assert one(mirrored, "first", str(upstream)) == project.git(upstream, "rev-parse", "second")
    project.git(upstream, "branch", "--move", "main", "trunk")
    with pytest.raises(Refusal, match="no commit 'main'"):
        one(mirrored, "main", str(upstream))
    assert one(mirrored, "HEAD", str(upstream)) == project.git(upstream, "rev-parse", "trunk")


def test_without_its_upstream_a_mirror_is_good_for_whole_hashes_alone(upstream: Path, mirrored: Any) -> None:
    commit = project.git(upstream, "rev-parse", "main")
    upstream.rename(upstream.with_name("away"))
    with pytest.raises(Refusal, match="cannot be fetched, and what was fetched before may be out of date"):
        one(mirrored, "main", str(upstream))
    with pytest.raises(Refusal, match="cannot be fetched"):
        one(mirrored, commit[:12], str(upstream))
    with pytest.raises(Refusal, match="no commit"):
        one(mirrored, "1" * 40, str(upstream))
    found = repository.find(mirrored, str(upstream), [commit])
    assert found.commits == {commit: commit}
    assert "could not be fetched" in found.notes[0]


def test_a_clone_that_is_taken_for_the_mirror_is_not_fetched_into(upstream: Path, tmp_path: Path) -> None:
    """Its branches would be overwritten. A mirror of another place is as wrong."""
    project.git(tmp_path, "clone", "--quiet", str(upstream), str(tmp_path / "clone"))
    project.git(tmp_path, "clone", "--quiet", "--mirror", str(upstream), str(tmp_path / "other"))
    for folder, url in (("clone", str(upstream)), ("other", "https://example.org/moved.git")):
        with pytest.raises(Refusal, match="is not a whole mirror"):
            one(mirror(tmp_path / folder), "main", url)


def test_a_changed_file_is_seen_and_the_index_is_not_refreshed(upstream: Path) -> None:
    assert not repository.find(local(upstream), ".", ["main"]).uncommitted
    (upstream / "file").touch()
    os.utime(upstream / "file", (1, 1))
    index = (upstream / ".git" / "index").read_bytes()
    assert not repository.find(local(upstream), ".", ["main"]).uncommitted
    assert (upstream / ".git" / "index").read_bytes() == index
    (upstream / "file").write_text("changed")
    assert repository.find(local(upstream), ".", ["main"]).uncommitted


def test_bare_repositories_and_linked_worktrees_are_repositories(upstream: Path, tmp_path: Path) -> None:
    project.git(tmp_path, "clone", "--quiet", "--bare", str(upstream), str(tmp_path / "bare"))
    project.git(upstream, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "first")
    first, second = project.git(upstream, "rev-parse", "first", "second").split()
    assert one(local(tmp_path / "bare"), "HEAD") == second
    assert one(local(tmp_path / "linked"), "HEAD") == first


def test_a_shallow_clone_is_said_to_be_one(upstream: Path, tmp_path: Path) -> None:
    project.git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{upstream}", str(tmp_path / "shallow"))
    with pytest.raises(Refusal, match="the clone is shallow: git fetch --unshallow"):
        one(local(tmp_path / "shallow"), "first")


def test_a_partial_clone_gets_what_it_lacks_of_a_commit(upstream: Path, tmp_path: Path) -> None:
    project.git(upstream, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    project.git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{upstream}", str(partial))
    before = (partial / ".git" / "index").read_bytes(), project.git(partial, "status", "--porcelain")
    commit = one(local(partial), "first")
    repository.complete(local(partial), commit)
    assert ((partial / ".git" / "index").read_bytes(), project.git(partial, "status", "--porcelain")) == before
    project.git(tmp_path, "clone", "--quiet", "--shared", "--no-checkout", str(partial), str(tmp_path / "clone"))
    project.git(tmp_path / "clone", "checkout", "--quiet", commit)
    assert (tmp_path / "clone" / "file").read_text() == "1"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="gives files to somebody else")
def test_a_repository_of_another_owner_is_refused_with_gits_reason(upstream: Path) -> None:
    for path in (upstream, *upstream.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(Refusal, match=r"detected dubious ownership.*\(git config --global --add safe.directory") as no:
        one(local(upstream), "main")
    assert "\n" not in str(no.value)


@pytest.fixture
def mercurial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of two commits, the first with a tag, as asv opens it."""
    pytest.importorskip("hglib", reason="needs Mercurial: pip install mercurial python-hglib")
    monkeypatch.setenv("HGUSER", "tests@example.org")
    monkeypatch.setenv("HGRCPATH", "")
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if shutil.which("hg") is None:
        pytest.skip("needs Mercurial: pip install mercurial python-hglib")
    import hglib
    from asv.plugins.mercurial import Hg

    folder = tmp_path / "mercurial"
    with hglib.init(str(folder).encode()).open() as client:
        for number in (b"1", b"2"):
            (folder / "file").write_bytes(number)
            client.commit(number, addremove=True)
        client.tag(b"first", rev=b"0")
    return Hg(str(folder), str(tmp_path / "unused"))


def test_a_mercurial_name_must_be_one_commits_too(mercurial: Any) -> None:
    first = one(mercurial, "first")
    assert first == one(mercurial, "0") == one(mercurial, first)
    assert one(mercurial, "tip") != first
    for name, why in (
        ("first::tip", "'first::tip' names 3 commits, not one"),
        ("all()", "names 3 commits"),
        ("0 and 1", "names 0 commits"),
        ("null", "names no commit"),
        ("nowhere", "hg cannot look up 'nowhere' in .: unknown revision 'nowhere'"),
        ("--config=x", "is an option"),
    ):
        with pytest.raises(Refusal, match=re.escape(why)):
            one(mercurial, name)
    assert not repository.find(mercurial, ".", ["tip"]).uncommitted
    Path(mercurial._path, "file").write_text("changed")
    assert repository.find(mercurial, ".", ["tip"]).uncommitted


def test_a_clone_of_a_mercurial_repository_is_pulled_into_each_time(mercurial: Any, tmp_path: Path) -> None:
    import hglib
    from asv.plugins.mercurial import Hg

    url = f"file://{mercurial._path}"
    names = [one(Hg(url, str(tmp_path / "clone")), "tip", url)]
    Path(mercurial._path, "file").write_text("3")
    with hglib.open(mercurial._path.encode()) as client:
        client.commit(b"3")
    names.append(one(Hg(url, str(tmp_path / "clone")), "tip", url))
    assert names[1] == one(mercurial, "tip") != names[0]
    with pytest.raises(Refusal, match="clone is not a whole mirror of file://elsewhere, for which it is taken"):
        one(Hg(url, str(tmp_path / "clone")), "tip", "file://elsewhere")
    Path(mercurial._path).rename(tmp_path / "away")
    with pytest.raises(Refusal, match="cannot be fetched"):
        one(Hg(url, str(tmp_path / "clone")), "tip", url)


@pytest.mark.parametrize(
    ("kept", "asked", "alike"),
    [
        ("https://example.org/thing", "hg+https://example.org/thing/", True),
        ("https://me:***@example.org/thing", "https://me:secret@example.org/thing", True),
        ("ssh://hg@example.org/thing", "ssh://hg@example.org/thing", True),
        ("/home/me/thing", "file:///home/me/thing", True),
        ("https://example.org/thing", "https://example.org/things", False),
        ("https://example.org/thing", "https://elsewhere.org/thing", False),
        ("https://me@example.org/thing", "https://you@example.org/thing", False),
        ("", "https://example.org/thing", False),
    ],
)
def test_a_mercurial_mirror_is_told_by_its_url(kept: str, asked: str, *, alike: bool) -> None:
    assert (repository._plain(kept) == repository._plain(asked)) is alike
