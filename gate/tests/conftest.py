"""What the tests of the gate have in common."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside it, and the plugin of the small project

import project


@pytest.fixture(scope="session")
def thing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, which the tests share: its installations are made once."""
    return project.make(tmp_path_factory.mktemp("thing"))


@pytest.fixture(autouse=True)
def _git_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in project.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)  # it would be a variable of the benchmarks'
