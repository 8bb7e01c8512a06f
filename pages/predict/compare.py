"""Two networks on the same images: whether one is really better, and where they disagree."""

from pages.components import duel, frame, runs

frame.page_header("Compare", "Two networks on the same images: whether one is really better, and where they disagree.")
first = runs.pick_run()
second = duel.pick_second(first) if first is not None else None
if first is not None and second is not None:
    duel.render_duel(first, second)
