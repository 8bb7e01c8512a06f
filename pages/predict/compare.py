"""Two networks on the same images: whether one is really better, and where they disagree."""

from pages.components import frame, runs

frame.page_header("Compare", "Two networks on the same images: whether one is really better, and where they disagree.")
record = runs.pick_run()
