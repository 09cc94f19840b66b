"""The main module of the caller's script, loaded in a worker up to where the script starts workers itself.

multiprocessing runs the whole script again, and cannot end well where it has no ``if __name__ == "__main__":``
guard. Here the script runs as far as its first team or comparison, which is far enough: what is sent was defined
above.
"""

import contextlib
import importlib.machinery
import io
import sys
import threading
from pathlib import Path
from types import ModuleType

NAME = "__mp_main__"  # as multiprocessing calls it: what the script guards does not run

_loading = threading.local()


class _FarEnough(BaseException):
    """Ends the script in a worker; a BaseException, so that no handler of the script's own takes it."""


def stop_loading() -> None:
    """Called where a team is to be opened: ends the script where a worker is just loading it."""
    if getattr(_loading, "now", False):
        raise _FarEnough


def load(file: str, package: str | None) -> ModuleType:
    """The main module from the script's file, loaded once; from then on it is this process's main module too.

    What the script prints on the way was printed by its first process already.
    """
    main = sys.modules["__main__"]
    known = getattr(main, "__file__", None)
    if known is not None and Path(known).resolve() == Path(file).resolve():
        return main  # loaded before, by this or by multiprocessing; or a forked worker's own
    alias = sys.modules.get(NAME)
    module = ModuleType(NAME)
    module.__file__, module.__package__ = file, package
    module.__loader__ = importlib.machinery.SourceFileLoader(NAME, file)
    sys.modules["__main__"] = sys.modules[NAME] = module  # before it runs, since dataclasses look their own module up
    _loading.now = True
    try:
        code = compile(Path(file).read_bytes(), file, "exec")
        with contextlib.suppress(_FarEnough), contextlib.redirect_stdout(io.StringIO()):
            exec(code, vars(module))  # noqa: S102 - the caller's own script, as multiprocessing would run it
    except BaseException:
        sys.modules["__main__"] = main
        if alias is None:
            del sys.modules[NAME]
        else:
            sys.modules[NAME] = alias
        raise
    finally:
        _loading.now = False
    return module
