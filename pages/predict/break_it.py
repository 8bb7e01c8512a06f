"""How much an image can be moved, turned or spoilt before a network reads it wrong."""

from pages.components import frame, runs

frame.page_header("Break it", "How much an image can be moved, turned or spoilt before a network reads it wrong.")
record = runs.pick_run()
