"""A history of timings that holds on noisy and short-lived machines.

Every commit, on every Python and set of requirements, is measured in interleaved pairs with one
reference build. The speed of the machine and of the hour cancels in a pair, so results of many
machines of one kind belong to one history. What is written are asv's own result files: the
reference's time multiplied by the ratio that the pairs show, with its interval.
"""
