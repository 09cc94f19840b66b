"""What this machine and this Python are: everything about them that changes a number."""

import importlib.util
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from kernels import __version__
from kernels.machine import blas, cpus
from kernels.team import default_start_method, start_methods

BUILD_FLAGS = {
    "--enable-optimizations": "PGO",
    "--with-lto": "LTO",
    "--enable-bolt": "BOLT",
    "--with-tail-call-interp": "tail calls",
    "--with-pydebug": "debug",
    "--disable-gil": "free-threaded",
}


def collect() -> dict[str, Any]:
    """All of it, ready for JSON: strings, numbers, and None where this platform does not say.

    It imports NumPy, so that what is said of the GIL and of the BLAS holds for the kernels.
    """
    import numpy as np
    import scipy

    return {
        "kernels": __version__,
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            "build_flags": _build_flags(),
            "optimisation": _optimisation(),
            "free_threaded_build": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
            "gil_asked": _gil_asked(),
            "jit": hasattr(sys, "_jit") and sys._jit.is_enabled(),
        },
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "cpus": {
            "present": cpus.present(),
            "allowed": cpus.allowed(),
            "quota": cpus.quota(),
            "usable": cpus.usable(),
        },
        "memory_bytes": _memory(),
        "start_methods": start_methods(),
        "default_start_method": default_start_method(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas": _blas(),
    }


def describe(info: dict[str, Any]) -> list[tuple[str, str]]:
    """The same for people: a name and a phrase for each line."""
    python, counts, library = info["python"], info["cpus"], info["blas"]
    flags = "not recorded" if python["build_flags"] is None else ", ".join(python["build_flags"]) or "none that matters"
    compiled = f"; compiled with {python['optimisation']}" if python["optimisation"] else ""
    quota = "no quota" if counts["quota"] is None else f"a quota of {counts['quota']:g}"
    variables = ", ".join(f"{name}={value}" for name, value in library["variables"].items())
    threads = f"threads by {variables or 'its own default'}"
    if library["threads"] is not None:
        threads = f"threads: {library['threads']}"
    return [
        ("kernels", info["kernels"]),
        ("Python", f"{python_name(python)}, {python['implementation']}, {python['compiler']}"),
        ("configured", flags + compiled),
        ("GIL", _gil(python)),
        ("JIT", "on" if python["jit"] else "off"),
        ("platform", info["platform"]),
        ("CPU", info["cpu"] or "unknown"),
        ("CPUs", f"{counts['present']} present, {counts['allowed']} allowed, {quota}: {counts['usable']} usable"),
        ("memory", "unknown" if info["memory_bytes"] is None else f"{info['memory_bytes'] / 2**30:.1f} GiB"),
        ("start methods", f"{', '.join(info['start_methods'])}; {info['default_start_method']} by default"),
        ("NumPy", info["numpy"]),
        ("SciPy", info["scipy"]),
        ("BLAS", f"{library['name'] or 'unknown'} {library['version'] or ''}".rstrip() + f", {threads}"),
    ]


def python_name(python: dict[str, Any]) -> str:
    """What times are told with: the version, and of a free-threaded build also that it is one, and has its GIL on.

    `python` is that of :func:`collect`.
    """
    if not python["free_threaded_build"]:
        return str(python["version"])
    return f"{python['version']}t{' with its GIL on' if python['gil'] else ''}"


def _gil(python: dict[str, Any]) -> str:
    """Whether it is on; of a free-threaded build also what switched it on, or keeps it off."""
    state = "on" if python["gil"] else "off"
    if not python["free_threaded_build"]:
        return state
    if python["gil_asked"] is not None:
        return f"{state} in this free-threaded build, as PYTHON_GIL or -X gil says"
    return "on in this free-threaded build: an extension that was imported asked for it" if python["gil"] else state


def _gil_asked() -> bool | None:
    """What PYTHON_GIL or -X gil asks for, which is stronger than what extensions ask for; None for nothing."""
    variable = None if sys.flags.ignore_environment else os.environ.get("PYTHON_GIL")
    return {"0": False, "1": True}.get(str(sys._xoptions.get("gil", variable)))


def _build_flags() -> list[str] | None:
    """What this Python was configured with, of what changes its speed; Windows does not record it.

    What was asked of make instead (Debian builds with PGO in this way) is not recorded anywhere.
    """
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    if arguments is None:
        return None
    given = {argument.partition("=")[0] for argument in shlex.split(arguments) if not argument.endswith("=no")}
    return [name for flag, name in BUILD_FLAGS.items() if flag in given]


def _optimisation() -> str | None:
    """The level that this Python's own C was compiled with, as in -O3, or None where it does not record it."""
    flags = f"{sysconfig.get_config_var('PY_CFLAGS')} {sysconfig.get_config_var('PY_CFLAGS_NODIST')}".split()
    return next((flag for flag in reversed(flags) if flag.startswith("-O")), None)  # the last one holds


def _cpu_model() -> str | None:
    try:
        if sys.platform == "darwin":
            sysctl = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(sysctl, capture_output=True, text=True, check=True).stdout.strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    return platform.processor() or None


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _blas() -> dict[str, Any]:
    """NumPy's BLAS; how many threads it takes where threadpoolctl is there to ask it."""
    import numpy as np

    try:
        config: Any = np.show_config(mode="dicts")
    except TypeError:  # before NumPy 1.25
        config = {}
    library = config.get("Build Dependencies", {}).get("blas", {})
    threads = None
    if importlib.util.find_spec("threadpoolctl"):
        from threadpoolctl import threadpool_info

        threads = max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=None)
    return {
        "name": library.get("name"),
        "version": library.get("version"),
        "threads": threads,
        "variables": {name: os.environ[name] for name in blas.VARIABLES if name in os.environ},
    }
