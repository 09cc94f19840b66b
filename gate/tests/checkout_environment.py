"""An asv plugin: a checkout of the commit, and a Python like that which runs the tests.

It spares the tests the making of virtual environments, of which one test makes real ones.
"""

import importlib.metadata
import os
import sys
import venv

from asv import util
from asv.environment import Environment, EnvironmentUnavailable


class Checkout(Environment):
    tool_name = "checkout"

    def __init__(self, conf, python, requirements, tagged_env_vars):
        if not self.matches(python):
            raise EnvironmentUnavailable(f"the tests do not run on Python {python}")
        self._requirements = requirements
        super().__init__(conf, python, requirements, tagged_env_vars)

    @classmethod
    def matches(cls, python):
        return python == f"{sys.version_info.major}.{sys.version_info.minor}"

    def check_presence(self):
        return False

    def _setup(self):
        """Make a Python that has asv's runner and nothing else: a process starts in a third of the time."""
        venv.create(os.path.join(self._path, "python"), symlinks=os.name != "nt")
        where = util.check_output([self._command, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
        runner = importlib.metadata.distribution("asv_runner")
        for folder in {file.parts[0] for file in runner.files}:
            os.symlink(runner.locate_file(folder), os.path.join(where.strip(), folder))

    @property
    def _command(self):
        return os.path.join(
            self._path, "python", *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python"))
        )

    def install_project(self, conf, repo, commit_hash):
        self.checkout_project(repo, commit_hash)
        if os.path.exists(os.path.join(self._build_root, "unbuildable")):
            raise util.ProcessError(["build"], 1, "", "it cannot be built")

    def run(self, args, **kwargs):
        path = self._build_root
        env = {**kwargs.pop("env", os.environ), **self._global_env_vars, "ASV_PYTHONPATH": path, "PYTHONPATH": path}
        return util.check_output([self._command, "-s", *args], env=env, **kwargs)
