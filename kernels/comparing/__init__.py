"""Comparing strategies: the plan, the measurement, the verdict and the chart."""
