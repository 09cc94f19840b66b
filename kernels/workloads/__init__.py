"""The workloads, a module each.

A file in this folder is registered by its name, unless that begins with an underscore.
"""
