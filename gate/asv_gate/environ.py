"""The environment of every process that the gate starts: the caller's, without what is about the caller alone.

The gate works in other places than its caller: in clones, in environments of other Pythons, with
its output in files. What says how to work on this machine stays (PATH, HOME, proxies, package
indexes, compilers' flags, credentials); what names a place of the caller's goes. The variables
that a suite's config sets are put on top, and always stay.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping

# A repository: git exports these to hooks, aliases and `rebase --exec`, and in a clone they would
# still mean the caller's index and HEAD. `git rev-parse --local-env-vars` is asked for those of
# this git; the rest it does not list, or only in some versions.
REPOSITORY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",  # of a push that is not accepted yet: references may not be changed, not even a clone's
    "GIT_ATTR_SOURCE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "HG_PENDING",
)
# Config by variables, as of `git -c`, is dropped with the above but for the sections that say how repositories
# are reached and trusted: in a container safe.directory is often set in this way.
CONFIG = ("safe", "http", "url", "credential", "protocol", "ssh")

PYTHON = (
    "PYTHONHOME",  # another Python does not even start with it
    "PYTHONPATH",  # asv takes it out too: the caller's packages are not the commit's
    "PYTHONSTARTUP",
    "PYTHONPLATLIBDIR",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
    "PYTHONINSPECT",  # a benchmark that raises would end with status 0
    "PYTHONWARNINGS",  # as errors, they break asv, pip and benchmarks
    "PYTHONIOENCODING",  # of the caller's terminal
    "PYTHONBREAKPOINT",
    "PYTHONVERBOSE",
    "PYTHONPROFILEIMPORTTIME",
)
ENVIRONMENT = (  # what an activated one sets, by which uv, pip and CMake find where to install
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "CONDA_PROMPT_MODIFIER",
    "CONDA_SHLVL",  # but CONDA_EXE stays: asv finds conda by it
    "PIPENV_ACTIVE",
    "POETRY_ACTIVE",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_WORKING_DIRECTORY",
)
# Options that change what pip installs or where to; indexes, certificates, constraints and caches stay.
PIP = re.compile(
    "PIP_(TARGET|PREFIX|ROOT|USER|PYTHON|SRC|EDITABLE|REQUIREMENT|REQUIRE_VIRTUALENV|DRY_RUN|NO_DEPS|IGNORE_INSTALLED"
    "|UPGRADE|REPORT|LOG|WHEEL_DIR|PLATFORM|ABI|IMPLEMENTATION|PYTHON_VERSION)"
)
TERMINAL = (  # what a child prints goes into files and reports
    "COLUMNS",
    "LINES",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "PY_COLORS",
    "PYTHON_COLORS",
)
MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")  # a build's make would obey the make that called us
# Of coverage and pytest, which would follow and slow down what is measured.
FOLLOWED = re.compile(r"(COVERAGE|COV_CORE|PYTEST)_.*")
GIT_CONFIG = re.compile(r"GIT_CONFIG_(COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)")


def inherited(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a child gets of the caller's variables."""
    dropped = {*REPOSITORY, *_local_to_a_repository(), *PYTHON, *ENVIRONMENT, *TERMINAL}
    if "MAKELEVEL" in variables:
        dropped.update(MAKE)
    kept = {
        name: value
        for name, value in variables.items()
        if name not in dropped and not any(pattern.fullmatch(name) for pattern in (PIP, FOLLOWED, GIT_CONFIG))
    }
    config = [(key, value) for key, value in _git_config(variables) if key.partition(".")[0].lower() in CONFIG]
    for i, (key, value) in enumerate(config):
        kept[f"GIT_CONFIG_KEY_{i}"], kept[f"GIT_CONFIG_VALUE_{i}"] = key, value
    return {**kept, "GIT_CONFIG_COUNT": str(len(config))} if config else kept


def _git_config(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keys and values of GIT_CONFIG_PARAMETERS, which `git -c` sets, and of GIT_CONFIG_COUNT."""
    try:
        for word in shlex.split(variables.get("GIT_CONFIG_PARAMETERS", "")):
            key, equals, value = word.partition("=")
            yield key, value if equals else "true"
        for i in range(int(variables.get("GIT_CONFIG_COUNT", "0"))):
            yield variables[f"GIT_CONFIG_KEY_{i}"], variables[f"GIT_CONFIG_VALUE_{i}"]
    except (ValueError, KeyError):  # git itself refuses the rest
        return


@functools.cache
def _local_to_a_repository() -> frozenset[str]:
    git = shutil.which("git")
    if git is None:
        return frozenset()
    try:
        listed = subprocess.run([git, "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=False)
    except OSError:
        return frozenset()
    return frozenset(listed.stdout.split())
