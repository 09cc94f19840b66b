"""``make dist`` refuses a distribution that lacks a file, or holds one that is not its own."""

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import release  # noqa: E402 - see above


@pytest.fixture(params=release.DISTRIBUTIONS, ids=lambda distribution: distribution.name)
def distribution(request: pytest.FixtureRequest) -> release.Distribution:
    found: release.Distribution = request.param
    return found


def build(distribution: release.Distribution, dist: Path, *more: str, without: str = "") -> None:
    """A wheel and a source distribution that hold what they must, and more, but for one file."""
    stem = distribution.name.replace("-", "_") + "-0"
    names = [f"{distribution.package}/{name}" for name in distribution.holds if name != without]
    with zipfile.ZipFile(dist / f"{stem}-py3-none-any.whl", "w") as wheel:
        for name in (*names, f"{stem}.dist-info/METADATA", *more):
            wheel.writestr(name, "")
    with tarfile.open(dist / f"{stem}.tar.gz", "w:gz") as source:
        for name in names:
            source.addfile(tarfile.TarInfo(f"{stem}/{name}"))


def test_one_with_what_it_must_hold_is_right(distribution: release.Distribution, tmp_path: Path) -> None:
    build(distribution, tmp_path)
    assert release.faults(distribution, tmp_path) == []


def test_what_it_lacks_is_named_for_both_archives(distribution: release.Distribution, tmp_path: Path) -> None:
    for name in distribution.holds:
        build(distribution, tmp_path, without=name)
        faults = release.faults(distribution, tmp_path)
        assert len(faults) == 2
        assert all(fault.endswith(f" lacks {distribution.package}/{name}") for fault in faults)


@pytest.mark.parametrize("foreign", ["tests/conftest.py", "tools/bench.py", "conftest.py"])
def test_what_is_not_its_own_is_named(distribution: release.Distribution, tmp_path: Path, foreign: str) -> None:
    build(distribution, tmp_path, foreign)
    (fault,) = release.faults(distribution, tmp_path)
    assert f"holds {foreign}" in fault


def test_no_distribution_holds_the_package_of_another(distribution: release.Distribution, tmp_path: Path) -> None:
    for other in release.DISTRIBUTIONS:
        if other != distribution:
            build(distribution, tmp_path, f"{other.package}/__init__.py")
            assert len(release.faults(distribution, tmp_path)) == 1


def test_what_is_declared_is_in_the_repository(distribution: release.Distribution) -> None:
    folder = ROOT / distribution.folder
    assert all((folder / distribution.package / name).exists() for name in distribution.holds)
    assert all((folder / "tests" / name).exists() for name in distribution.tests)
