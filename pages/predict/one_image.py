"""What a network makes of one image, layer by layer, and why."""

from pages.components import frame, runs

frame.page_header("One image", "What a network makes of one image, layer by layer, and why.")
record = runs.pick_run()
