"""A Scaling page for the site of any asv suite whose benchmarks have a parameter for workers.

Name the plugin in ``asv.conf.json``, and ``asv publish`` adds the page:

    "plugins": [".asv_scaling.publisher"]

It shows speedup, efficiency, time and cost against workers, a line per strategy; which strategy
is best for which benchmark; and the same work across Pythons and commits. What the parameters of
a suite are called can be said in ``asv.conf.json`` too, where the defaults do not fit:

    "scaling": {"workers": ["procs"], "strategy": ["backend"], "serial": "sequential"}

With ``"work": {"compute.Dgemm.time_run": [33554432, "flop"]}`` in it, what one run does, the page has rates too.

``python -m asv_scaling export`` writes the same tables and pictures to files.
"""

__version__ = "0.2.0"
