"""Figures in two steps: an *info*, which holds every decision and is tested by its values, then a function that only draws.

Matplotlib figures are `Figure` objects, so that threads can draw side by side; `pyplot` and its global state are never used.
Charts that move are plain Vega-Lite documents with a data frame beside them.
"""
