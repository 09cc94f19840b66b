"""Python without a GIL: what is said of it, and that what threads share is safe there."""

import json
import subprocess
import sys
import sysconfig

import pytest

from kernels.machine import info

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
