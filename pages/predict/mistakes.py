"""Every image that the network read wrong, the surest mistakes first; who is right, and why."""

from pages.components import frame, mistakes, runs, scoring

frame.page_header(
    "Mistakes", "Every image that the network read wrong, the surest mistakes first: who is right, and why it was read like that."
)
record = runs.pick_run()
if record is not None:
    scored = scoring.find_scored(record, scoring.pick_split(record))
    if scored is not None:
        mistakes.render_mistakes(record, scored)
