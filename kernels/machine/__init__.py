"""The machine: its CPUs, cgroups and BLAS, and what of them changes a number."""
