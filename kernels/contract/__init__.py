"""What a workload is, and what checks it and runs its versions."""
