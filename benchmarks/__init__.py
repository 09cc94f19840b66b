"""The asv suite: a file per topic, a class per workload. It imports asv's runner and ``kernels`` alone."""
