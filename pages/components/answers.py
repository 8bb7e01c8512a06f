"""A network's answer to one image: its probabilities as bars, in a sentence and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.figures.probabilities import (
    PROBABILITY,
    build_probabilities,
    build_probability_chart,
    build_waiting_chart,
    describe_guess,
    describe_probabilities,
    draw_probabilities,
    probabilities_table,
)
from core.rates import percent_number
from pages.components import frame, gallery, saving, tables
from pages.components.words import plain


@dataclass(frozen=True)
class Verdict:
    """What is said besides the probabilities. With `is_guess` the network has never seen anything like it, and that comes first."""

    words: str = ""
    is_guess: bool = False


def show_waiting(class_names: Sequence[str], *, key: str) -> None:
    """The chart of `show_answer` with the same key before there is an answer."""
    gallery.show_chart(build_waiting_chart(class_names, frame.figure_theme()), key=key, alt="No answer yet: nothing is drawn.")


def show_answer(
    probabilities: NDArray[np.float32],
    class_names: Sequence[str],
    *,
    key: str,
    remark: str = "",
    verdict: Verdict | None = None,
    name: str = "",
) -> None:
    """The bars, best first, the answer in words with a remark after it, and the table; with a `name` for files, also ways to save it."""
    bars = build_probabilities(probabilities, class_names)
    verdict = verdict or Verdict()
    sentence = describe_guess(bars) if verdict.is_guess else describe_probabilities(bars)
    gallery.show_chart(build_probability_chart(bars, frame.figure_theme()), key=key, alt=sentence)
    if verdict.is_guess:
        st.warning(f"**{plain(verdict.words)}** {plain(sentence)}", icon=":material/help:")
    else:
        st.markdown(f"**{plain(sentence)}** {remark}")
        if verdict.words:
            st.caption(plain(verdict.words))
    with st.expander("As a table"):
        # Not `st.dataframe`: a plain table appears in a fraction of the time, and a drawing's is redrawn at each stroke.
        table = probabilities_table(bars)
        chances = table[PROBABILITY].map(lambda percent: percent_number(percent / 100))
        tables.show_table(table.assign(**{"Class": table["Class"].map(plain), PROBABILITY: chances}), hide_index=True)
        if name:
            theme = frame.figure_theme()
            saving.offer_files(name=name, table=lambda: probabilities_table(bars), figure=lambda: draw_probabilities(bars, theme))
