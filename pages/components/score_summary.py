"""Predict > Score > Summary: accuracy, cross-entropy and top-2 accuracy, simple rules beside them, the images behind them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.datasets.image_set import Split
from core.figures.confusion import describe_common
from core.figures.numbers import format_count
from core.intervals import wilson_interval
from core.predictions.scored import Rows, ScoredImages
from core.rates import format_percent, format_range
from core.runs.record import RunRecord
from pages.components import baselines, behind, choices, frame, gallery, scoring
from pages.components.words import plain

_COMMON = 5
"""Of the most common mistakes, so many are told."""


def render_summary(record: RunRecord, scored: ScoredImages) -> None:
    """The whole part."""
    _render_totals(scored)
    if scored.split == Split.TEST:
        st.caption(scoring.describe_openings(scored))
        baselines.render_test_baselines(record, scored)
    else:
        st.caption(
            f"These images were held back from the training images. {scoring.describe_choosing(scored)} "
            "Simple rules stand beside the validation accuracy below the run on Train > Build and train, and beside the test accuracy here."
        )
    _render_common_mistakes(scored)
    _render_images(scored)


def _render_totals(scored: ScoredImages) -> None:
    scores, total = scored.scores, len(scored)
    kind = scored.kind.capitalize()
    cells = [
        (f"{kind} accuracy", format_percent(scores.accuracy)),
        ("95 % interval", format_range(*scores.accuracy_interval)),
        (f"{kind} cross-entropy", f"{scores.loss:.4f}"),
    ]
    words = f"{format_count(scores.correct_count)} of {format_count(total)} {scored.kind} images are read right. "
    # Of two classes, one of the best two is always the true one.
    if len(scored.class_names) > 2:
        within = int((scored.guesses <= 2).sum())
        cells += [
            ("Top-2 accuracy", format_percent(within / total)),
            ("95 % interval of top-2", format_range(*wilson_interval(within, total))),
        ]
        words += f"For {format_count(within)}, the true class is the answer or the runner-up (top-2). "
    gallery.show_metrics(cells, width=150)
    st.caption(
        f"{words}Had other images of the same kind been asked about, the accuracy would have come out a little different: "
        "the interval (Wilson's) says how much. Whether another network is better, *Compare* tells by both answers to each image. "
        "The cross-entropy also counts how sure the answers are: sure mistakes cost most. It is measured alike for every network, whatever "
        "loss a run made small."
    )


def _render_common_mistakes(scored: ScoredImages) -> None:
    words = describe_common(scored.scores.confusion, scored.class_names, _COMMON)
    if words:
        st.markdown(f"{plain(words)} *Confusion* shows all of them.")


@st.fragment
@frame.guarded
def _render_images(scored: ScoredImages) -> None:
    """The images that make up the accuracy. A fragment, so that a click redraws nothing else."""
    st.subheader("The images behind the accuracy", anchor=False)
    groups = _groups(scored)
    title = choices.choose(
        "Images behind it",
        groups,
        default=next(iter(groups)),
        key="score_group",
        format_func=lambda title: f"{title} ({format_count(len(groups[title]))})",
        help="Read wrong, read right, and those whose true class is not even the runner-up.",
    )
    behind.show_images(scored, groups[title], key="summary", title=title)


def _groups(scored: ScoredImages) -> dict[str, Rows]:
    groups = {"Read wrong": scored.scores.wrong, "Read right": np.flatnonzero(scored.guesses == 1)}
    if len(scored.class_names) > 2:
        groups["Not even the runner-up"] = np.flatnonzero(scored.guesses > 2)
    return groups
