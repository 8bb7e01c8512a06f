"""How much an image can be moved, turned or spoilt before a network reads it wrong."""

from core.runs.record import RunRecord
from pages.components import break_curve, break_it, frame, pixel_shuffle, runs, scoring


def render_broken(record: RunRecord) -> None:
    """One image by hand, then many by the numbers."""
    scored = scoring.find_scored(record, scoring.pick_split(record))
    if scored is not None:
        break_it.render_one_image(record, scored)
        break_curve.render_curve(record, scored)


frame.page_header("Break it", "How much an image can be moved, turned or spoilt before a network reads it wrong.")
record = runs.pick_run()
if record is not None:
    render_broken(record)
    pixel_shuffle.render_shuffle(record)
