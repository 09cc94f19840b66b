"""An asv plugin: an environment that is a checkout of the commit, run by the Python that runs the tests.

It spares the tests the making of virtual environments, of which one test makes real ones.
"""

import os
import sys

import asv_runner
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
        """A process starts in a third of the time where site-packages has nothing but asv's runner."""
        packages = os.path.join(self._path, "packages")
        os.makedirs(packages)
        os.symlink(os.path.dirname(asv_runner.__file__), os.path.join(packages, "asv_runner"))

    def install_project(self, conf, repo, commit_hash):
        self.checkout_project(repo, commit_hash)
        if os.path.exists(os.path.join(self._build_root, "unbuildable")):
            raise util.ProcessError(["build"], 1, "", "it cannot be built")

    def run(self, args, **kwargs):
        path = os.pathsep.join((self._build_root, os.path.join(self._path, "packages")))
        env = {**kwargs.pop("env", os.environ), **self._global_env_vars, "ASV_PYTHONPATH": path, "PYTHONPATH": path}
        return util.check_output([sys.executable, "-S", *args], env=env, **kwargs)
