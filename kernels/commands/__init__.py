"""The commands of ``python -m kernels``: a module each, which adds its arguments to a parser and is then called."""
