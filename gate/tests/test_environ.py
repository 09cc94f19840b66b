"""What the gate's processes inherit of its caller: how to work on this machine, and nothing of where the caller is."""

import os
import subprocess
import sys
from pathlib import Path

import project
import pytest

from asv_gate import environ

# It resolves names and installs a commit, which is all that the gate does with a repository.
INSTALLS = """
import sys
from pathlib import Path
from asv_gate import asvlink, workspace
suite = asvlink.resolve(Path("asv.conf.json"), ["base", "HEAD"])
space = workspace.Workspace(Path("asv.conf.json"))
for letter, name in zip("ab", suite.commits):
    space.install(suite, suite.commits[name], letter, print)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """On a branch, with a commit, a stash, a tag and a change that is in the index."""
    folder = project.make(tmp_path / "repository")
    project.git(folder, "checkout", "--quiet", "-b", "mine", "base")
    (folder / "thing" / "__init__.py").write_text(project.PACKAGE + "# stashed\n")
    project.git(folder, "stash")
    (folder / "thing" / "__init__.py").write_text(project.PACKAGE + "# to be committed\n")
    project.git(folder, "add", "--all")
    (folder / "installs.py").write_text(INSTALLS)
    (folder / ".git" / "info" / "exclude").write_text("installs.py\n")
    return folder


def installs(folder: Path) -> str:
    return f"cd '{folder}' && {sys.executable} installs.py"


def hook(folder: Path, name: str) -> None:
    file = folder / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\nset -e\n{installs(folder)}\n")
    file.chmod(0o755)


def shell(folder: Path, command: str, **variables: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ".asv-gate/env" not in done.stdout
    assert list(folder.glob(".asv-gate/env/*/ready.json")), "nothing was installed"


posix = pytest.mark.skipif(os.name != "posix", reason="runs a POSIX shell")


@posix
def test_a_pre_commit_hook_commits_what_was_to_be_committed(repository: Path) -> None:
    before = project.state(repository)
    hook(repository, "pre-commit")
    shell(repository, "git commit --quiet --message mine")
    after = project.state(repository)
    assert project.git(repository, "show", "--format=", "--name-only", "HEAD") == "thing/__init__.py"
    assert after["index"] == before["index"]
    assert after["branch"] == "refs/heads/mine"
    assert after["status"] == "## mine"


@posix
def test_a_pre_push_hook_in_a_linked_worktree_stays_on_its_branch(repository: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    project.git(tmp_path, "init", "--quiet", "--bare", "remote")
    project.git(repository, "worktree", "add", "--quiet", "-b", "side", str(worktree), "base")
    hook(repository, "pre-push")
    (repository / "installs.py").rename(worktree / "installs.py")
    hook_file = repository / ".git" / "hooks" / "pre-push"
    hook_file.write_text(hook_file.read_text().replace(str(repository), str(worktree)))
    before = project.state(worktree)
    shell(worktree, f"git push --quiet '{tmp_path / 'remote'}' side")
    assert project.state(worktree) == before


@posix
def test_rebase_and_bisect_go_on(repository: Path) -> None:
    project.git(repository, "commit", "--quiet", "--message", "mine")
    tree = project.git(repository, "rev-parse", "HEAD^{tree}")
    shell(repository, f'git rebase --quiet --exec "{installs(repository)}" --force-rebase base')
    assert project.git(repository, "rev-parse", "HEAD^{tree}") == tree
    before = project.state(repository)
    project.git(repository, "bisect", "start", "main", "base")
    shell(repository, f'git bisect run sh -c "{installs(repository)}"')
    project.git(repository, "bisect", "reset")
    assert project.state(repository) == before


@posix
@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": "."},
        {"GIT_CONFIG_PARAMETERS": "'core.worktree'='.' 'core.bare'='false'"},
        {"GIT_NAMESPACE": "elsewhere", "GIT_OBJECT_DIRECTORY": ".git/objects", "GIT_ATTR_SOURCE": "no/where"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_variables_that_name_the_repository_do_not_lead_to_it(repository: Path, variables: dict[str, str]) -> None:
    absolute = {name: value.replace("'.'", f"'{repository}'") for name, value in variables.items()}
    absolute = {name: str(repository / value) if value.startswith(".") else value for name, value in absolute.items()}
    before = project.state(repository)
    shell(repository, f"{sys.executable} installs.py", **absolute)
    assert project.state(repository) == before


def test_all_is_dropped_that_git_says_is_a_repositorys_own() -> None:
    listed = project.git(Path(), "rev-parse", "--local-env-vars").split()
    assert {"GIT_DIR", "GIT_INDEX_FILE"} < set(listed)
    assert not environ.inherited(dict.fromkeys(listed, "0"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTHONHOME", "/usr"),
        ("PYTHONPATH", "elsewhere"),
        ("PYTHONINSPECT", "1"),
        ("PYTHONWARNINGS", "error"),
        ("PYTHONIOENCODING", "ascii"),
        ("VIRTUAL_ENV", "/venv"),
        ("CONDA_PREFIX", "/conda"),
        ("UV_PROJECT_ENVIRONMENT", "/venv"),
        ("PIP_TARGET", "/target"),
        ("PIP_PREFIX", "/prefix"),
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("COVERAGE_PROCESS_START", ".coveragerc"),
        ("COV_CORE_SOURCE", "."),
        ("PYTEST_ADDOPTS", "-x"),
        ("COLUMNS", "20"),
        ("FORCE_COLOR", "1"),
        ("GIT_QUARANTINE_PATH", "/objects"),
    ],
)
def test_what_is_about_the_caller_is_dropped(name: str, value: str) -> None:
    assert environ.inherited({name: value, "HOME": "/home"}) == {"HOME": "/home"}


def test_what_is_about_the_machine_is_kept() -> None:
    machine = ("PATH", "HOME", "TMPDIR", "LANG", "CI", "HTTPS_PROXY", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
    builds = ("PIP_INDEX_URL", "PIP_CERT", "PIP_CONSTRAINT", "UV_INDEX_URL", "CONDA_EXE", "CFLAGS", "MAKEFLAGS")
    pythons = ("PYTHONHASHSEED", "PYTHON_GIL", "PYTHONMALLOC", "PYENV_VERSION", "ASV_PYTHONPATH")
    git = ("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_AUTHOR_NAME")
    kept = dict.fromkeys((*machine, *builds, *pythons, *git), "x")
    assert environ.inherited(kept) == kept


def test_a_calling_make_does_not_give_orders_to_that_of_a_build() -> None:
    assert environ.inherited({"MAKELEVEL": "1", "MAKEFLAGS": " -j2 --jobserver-auth=3,4", "CC": "gcc"}) == {"CC": "gcc"}


def test_config_by_variables_is_kept_where_it_says_how_repositories_are_reached() -> None:
    """As `git -c` passes it on to hooks, and as containers set it."""
    asked = ["-c", "core.worktree=/x", "-c", "safe.directory=*", "-c", "alias.variables=!env"]
    shown = subprocess.run(
        [project.GIT, *asked, "variables"],
        env={**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "p"},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = dict(line.partition("=")[::2] for line in shown.stdout.splitlines())
    kept = environ.inherited(variables)
    config = {kept[f"GIT_CONFIG_KEY_{i}"]: kept[f"GIT_CONFIG_VALUE_{i}"] for i in range(int(kept["GIT_CONFIG_COUNT"]))}
    assert config["safe.directory"] == "*"
    assert config["http.proxy"] == "p"
    assert "core.worktree" not in config
    assert "GIT_CONFIG_PARAMETERS" not in kept
