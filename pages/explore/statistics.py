"""The set in numbers: what a network will have to cope with, and in which form it gets it."""

import streamlit as st

from core.figures.numbers import format_count
from pages.components import choices, datasets, encoding, frame, state, statistics

PARTS = {
    "Classes": statistics.render_classes,
    "Pixel values": statistics.render_values,
    "Mean and spread": statistics.render_means,
    "Ink, size and place": statistics.render_ink,
    "One-hot labels": encoding.render_one_hot,
    "Flattening": encoding.render_flattening,
}

frame.page_header("Statistics", "What a network will have to cope with, in numbers, and the form in which it gets images and labels.")
image_set = datasets.load_or_offer(datasets.pick_dataset())
if image_set is not None:
    # One part at a time, so that nothing is worked out that nobody looks at. It is in the address, for a link straight to it.
    part = choices.choose(
        "Part",
        PARTS,
        default="Classes",
        key=state.STATISTICS_PART,
        bind="query-params",
        help="What to look at. The address of the page remembers it.",
    )
    st.caption(
        f"Everything but the counts comes from the {format_count(len(image_set.x_train))} training images alone. Nothing is ever chosen "
        "by the test images: whoever does has no test left."
    )
    PARTS[part](image_set)
