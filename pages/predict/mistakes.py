"""Every test image that the network read wrong, the surest mistakes first."""

from pages.components import frame, runs

frame.page_header("Mistakes", "Every test image that the network read wrong, the surest mistakes first.")
record = runs.pick_run()
