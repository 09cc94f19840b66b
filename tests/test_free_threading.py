"""Python without a GIL: what is said of it, and that what threads share is safe there."""

import json
import os
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripts import script

import kernels
from kernels.machine import blas, info
from kernels.workers import main_module

free_threaded = pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python is no free-threaded build"
)


@pytest.mark.parametrize(
    ("free", "gil", "asked", "name", "said"),
    [
        (False, True, None, "3.14.1", "on"),
        (False, True, True, "3.14.1", "on"),
        (True, False, None, "3.14.1t", "off"),
        (True, False, False, "3.14.1t", "off in this free-threaded build, as PYTHON_GIL or -X gil says"),
        (True, True, True, "3.14.1t with its GIL on", "on in this free-threaded build, as PYTHON_GIL or -X gil says"),
        (
            True,
            True,
            None,
            "3.14.1t with its GIL on",
            "on in this free-threaded build: an extension that was imported asked for it",
        ),
    ],
)
def test_a_python_whose_gil_is_on_is_told_apart_from_one_without(
    free: bool, gil: bool, asked: bool | None, name: str, said: str
) -> None:
    found = info.collect()
    found["python"] |= {"version": "3.14.1", "free_threaded_build": free, "gil": gil, "gil_asked": asked}
    lines = dict(info.describe(found))
    assert info.python_name(found["python"]) == name
    assert lines["Python"].startswith(f"{name}, ")
    assert lines["GIL"] == said


# Imports an extension that does not say that it needs no GIL, of CPython's own tests.
NEEDS_GIL = """
import _testmultiphase
from importlib import machinery, util
loader = machinery.ExtensionFileLoader("_testmultiphase_null_slots", _testmultiphase.__file__)
loader.exec_module(util.module_from_spec(util.spec_from_loader(loader.name, loader)))
"""


@free_threaded
@pytest.mark.parametrize(
    ("options", "before", "gil", "asked"),
    [
        ("", "", False, None),
        ("-X gil=0", "", False, False),
        ("-X gil=1", "", True, True),
        ("-W ignore", NEEDS_GIL, True, None),
        ("-W ignore -X gil=0", NEEDS_GIL, False, False),
    ],
)
def test_what_switched_the_gil_on_is_known(options: str, before: str, gil: bool, asked: bool | None) -> None:
    if before:
        pytest.importorskip("_testmultiphase", reason="this Python comes without the extensions of its tests")
    code = f"{before}\nimport json\nfrom kernels.machine import info\nprint(json.dumps(info.collect()['python']))"
    found = json.loads(subprocess.check_output([sys.executable, *options.split(), "-c", code], text=True))
    assert (found["free_threaded_build"], found["gil"], found["gil_asked"]) == (True, gil, asked)


STRESS_ROUNDS = int(os.environ.get("STRESS_ROUNDS", "0"))  # make stress: many


@pytest.mark.timeout(max(300, 10 * STRESS_ROUNDS))
@pytest.mark.parametrize(
    ("rounds", "strategies"),
    [
        (60, "serial threaded asyncio interpreters"),
        (6, "pool shared process futures"),
        (6, "serial threaded pool shared process futures"),
    ],
)
def test_threads_may_open_run_and_close_teams_at_the_same_time(
    rounds: int, strategies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, of which nothing may be left, and without a GIL wherever that can be."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        monkeypatch.setenv("PYTHON_GIL", "0")
    wanted = [name for name in strategies.split() if kernels.why_not("polynomial", name) is None or name == "asyncio"]
    options = ["--rounds", str(STRESS_ROUNDS or rounds), "--seed", str(rounds), "--strategies", *wanted]
    with script(Path(__file__).with_name("stress.py"), *options) as running:
        said, found = running.communicate()
    assert running.returncode == 0, f"{said}\n{found}"


def test_the_blas_of_workers_is_held_to_one_thread_until_the_last_team_has_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in blas.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    first, second = blas.one_thread_in_children(), blas.one_thread_in_children()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert {os.environ.get(name) for name in blas.VARIABLES} == {"1"}
    second.__exit__(None, None, None)
    assert not any(name in os.environ for name in blas.VARIABLES)


def test_what_a_team_sets_for_its_workers_is_not_taken_for_the_callers_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy  # noqa: F401 - so that its BLAS is loaded

    threadpoolctl = pytest.importorskip("threadpoolctl")
    for name in blas.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with blas.one_thread_in_children(), blas.one_thread_here():
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}
    monkeypatch.setenv(blas.VARIABLES[0], "2")
    before = threadpoolctl.threadpool_info()
    with blas.one_thread_in_children(), blas.one_thread_here():
        assert threadpoolctl.threadpool_info() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is one start method, and no other team's to wait for")
def test_a_main_module_that_is_hidden_for_one_team_is_not_missing_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that starts a team without it is in the middle of that; one that needs it waits, and finds it."""
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", __file__, raising=False)
    monkeypatch.setattr(main, "__spec__", None)
    inside, leave = threading.Event(), threading.Event()

    def hide() -> None:
        with main_module.hidden():
            inside.set()
            leave.wait()

    hider = threading.Thread(target=hide)
    hider.start()
    inside.wait()
    with ThreadPoolExecutor(1) as other:
        needs = other.submit(main_module.needs_main, main, None)
        leave.set()
        assert needs.result() is True
    hider.join()
