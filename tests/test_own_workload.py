"""A workload of a user's own runs like a registered one, in every strategy and from a script."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ways
from power_sum import PowerSum, Terms
from scripts import script

import kernels

DATA = Path(__file__).parent / "data"
SQUARES = DATA / "squares.py"

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def loaded_by_hand() -> Iterator[Any]:
    """The module, imported from its file as the documentation of importlib shows it."""
    spec = importlib.util.spec_from_file_location("squares_by_hand", SQUARES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["squares_by_hand"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["squares_by_hand"]


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_from_the_path_of_a_file(strategy: str, start_method: str | None) -> None:
    ways.need(str(SQUARES), strategy)
    answer = kernels.run(str(SQUARES), strategy, workers=2, size=20, start_method=start_method)
    assert answer.tolist() == [i * i for i in range(20)]


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_a_module_that_was_loaded_by_hand(strategy: str, start_method: str | None, loaded_by_hand: Any) -> None:
    ways.need(loaded_by_hand, strategy)
    answer = kernels.run(loaded_by_hand, strategy, workers=2, size=20, seed=5, start_method=start_method)
    assert answer.tolist() == [i * i for i in range(5, 25)]


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_an_instance_that_has_what_a_workload_has(strategy: str, start_method: str | None) -> None:
    ways.need(PowerSum(3), strategy)
    assert kernels.run(PowerSum(3), strategy, workers=2, size=4, start_method=start_method) == 36


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_a_script_is_its_own_workload(strategy: str, start_method: str | None) -> None:
    ways.need(PowerSum(3), strategy)
    with script(DATA / "own.py", strategy, start_method or "") as process:
        printed, errors = process.communicate(timeout=60)
    assert (printed.split(), errors, process.returncode) == (["45", "90"], "", 0)


@pytest.mark.parametrize("size", ["S", 10, np.int32(10)], ids=repr)
def test_a_workload_is_asked_for_a_number_whatever_the_size_was_called(size: Any) -> None:
    asked: list[Any] = []
    workload = PowerSum(3)
    workload.problem = lambda number, seed=0: asked.append(number) or Terms(0, number)  # type: ignore
    kernels.problem(workload, size)
    assert (asked, type(asked[0])) == ([PowerSum.SIZES["S"]], int)


def test_the_names_of_folders_and_files_do_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "v1.2 (new)"
    folder.mkdir()
    copy = shutil.copy(SQUARES, folder / "my squares.py")
    assert kernels.run(str(copy), "shared", workers=2, size=3).tolist() == [0, 1, 4]


def test_files_of_the_same_name_are_different_workloads(tmp_path: Path) -> None:
    teams = {}
    for folder in ("1.0", "1_0"):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "squares.py"
        file.write_text(SQUARES.read_text().replace("are not squares", f"are not those of {folder}"))
        teams[folder] = kernels.open(str(file), "pool", workers=1, size=2)
    for folder, team in teams.items():
        with team:
            answer = team.run()
            team.check(answer)
            with pytest.raises(kernels.WrongAnswer, match=f"are not those of {re.escape(folder)}"):
                team.check(answer + 1)


def test_a_file_is_loaded_once_and_hides_no_other_module(tmp_path: Path) -> None:
    file = tmp_path / "json.py"
    shutil.copy(SQUARES, file)
    one, two = kernels.open(str(file)), kernels.open(str(file))
    assert one.workload is two.workload
    assert importlib.import_module("json").loads("1") == 1


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_a_wrong_kernel_is_caught(strategy: str, start_method: str | None, tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(SQUARES.read_text().replace("np.multiply(", "np.add("))
    ways.need(str(file), strategy)
    with pytest.raises(kernels.WrongAnswer):
        kernels.run(str(file), strategy, workers=2, size=20, start_method=start_method)
