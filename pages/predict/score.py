"""How well a network does on images it has never seen, with the images behind every number."""

import streamlit as st

from core.runs.record import RunRecord
from pages.components import choices, frame, runs, score_classes, score_confidence, score_confusion, score_summary, scoring, state

PARTS = {
    "Summary": score_summary.render_summary,
    "Classes": score_classes.render_classes,
    "Confusion": score_confusion.render_confusion,
    "Confidence": score_confidence.render_confidence,
}


def render(record: RunRecord) -> None:
    """One part at a time: what nobody looks at is not worked out."""
    controls = st.container(horizontal=True, gap="medium")
    with controls:
        split = scoring.pick_split(record)
    scored = scoring.find_scored(record, split)
    if scored is None:
        return
    with controls:
        part = choices.choose(
            "Part",
            PARTS,
            default="Summary",
            key=state.SCORE_PART,
            bind="query-params",
            help="What to look at: the totals, each class, what is taken for what, or how sure the answers are. The address remembers it.",
        )
    PARTS[part](record, scored)


frame.page_header("Score", "How well a network does on images it has never seen, with the images behind every number.")
record = runs.pick_run()
if record is not None:
    render(record)
