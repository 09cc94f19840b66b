"""A gate for any asv suite: does this commit make something slower? With a known rate of false alarms.

``asv-gate run BASE HEAD`` measures two commits in pairs of fresh processes and ends with status 1
where something is slower. How often that is wrong, and which slowdowns it finds, ``asv-gate
calibrate`` measures on the machine at hand. The method is described in docs/gate.md.
"""

__version__ = "0.2.0"
