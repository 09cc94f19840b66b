"""Message passing: what the strategy `mpi` is made of, on mpi4py.

``placement`` brings a problem's arrays to the ranks and their answers back, ``ranks`` is what every
rank does, ``job`` starts ranks from a plain Python, with ``rank`` at their end, and ``launched`` is
the way in from ``mpiexec``.
"""
