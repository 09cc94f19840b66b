"""A user's own loop, a function and its items: made a workload, compared, and answered with code to paste."""
