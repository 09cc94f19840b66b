"""The workloads: a module each, which knows nothing of workers. A file in this folder is registered."""
