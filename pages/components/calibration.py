"""Calibration: whether a network is as often right as it says, and what one number does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.datasets.image_set import Split
from core.errors import InklingError
from core.figures.numbers import format_count
from core.figures.reliability import (
    CHOSEN_BIN,
    build_reliability_chart,
    describe_bin,
    describe_error,
    describe_reliability,
    describe_temperature,
    draw_reliability,
    reliability_data,
    reliability_table,
)
from core.networks.advice import held_back
from core.predictions.calibration import BINS, Reliability, Temperature, apply_temperature, find_bins, fit_temperature, measure_reliability
from core.predictions.scored import ScoredImages
from core.predictions.scores import Scores, score
from core.rates import format_percent
from pages.components import behind, clicks, frame, gallery, saving, scoring, services, state, tables
from pages.components.words import plain

_PLAIN, _CORRECTED = "as it is", "with temperature"
_LEAST_WIDTH = 330
"""Pixels of a diagram; where there is no room for two of them, they stand below each other."""


@dataclass(frozen=True, eq=False)
class _View:
    """The same images with the network's own probabilities, or with corrected ones."""

    name: str
    scored: ScoredImages
    reliability: Reliability


def render_calibration(scored: ScoredImages) -> None:
    """Reliability diagrams before and after temperature scaling, and the images in a bin."""
    st.subheader("Is it as sure as it should be?", anchor=False)
    st.markdown(
        "Each answer comes with a probability. If the network says 90 %, it should be right in 90 of 100 such cases. Look how far the dots "
        "are from the dashed line: below it the network is too sure, above it not sure enough. Click a bin to see its images."
    )
    st.fragment(frame.guarded(_render))(scored)


def _render(scored: ScoredImages) -> None:
    temperature = _find_temperature(scored)
    views = [_view(_PLAIN, scored)]
    if temperature is not None:
        views.append(_view(_CORRECTED, replace(scored, scores=_correct(scored.key, temperature.value, scored.scores))))
        _render_totals(views, temperature)
    chosen = _pick_bin(views)
    with st.grid(len(views), min_column_width=_LEAST_WIDTH):
        for view in views:
            with st.container():
                _render_diagram(view, chosen[1] if chosen and chosen[0] == view.name else None)
    for view in views:
        if chosen and chosen[0] == view.name:
            _render_bin(view, chosen[1])


def _view(name: str, scored: ScoredImages) -> _View:
    return _View(name, scored, measure_reliability(scored.scores))


def _find_temperature(scored: ScoredImages) -> Temperature | None:
    """Fitted on validation images, whatever is shown; None after saying why there is none (yet)."""
    record = services.store().load(scored.run_id)
    if not held_back(len(scored.image_set.y_train), record.spec.validation_split):
        st.info(
            "This run held no images back for validation, so its probabilities can't be corrected: a number chosen by the test images "
            "could not be judged by them any more. Train it with a validation share to see the difference.",
            icon=":material/info:",
        )
        return None
    validation = scored if scored.split == Split.TRAINING else scoring.find_scored(record, Split.TRAINING)
    if validation is None:
        st.caption("A temperature that corrects the probabilities is fitted on the validation images, once they have been read.")
        return None
    try:
        return _fit(validation.key, validation.scores)
    except InklingError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None


@st.cache_data(show_spinner=False, max_entries=100)
def _fit(key: tuple[str, str], _scores: Scores) -> Temperature:
    return fit_temperature(_scores)


@st.cache_resource(show_spinner=False, max_entries=10)
def _correct(key: tuple[str, str], temperature: float, _scores: Scores) -> Scores:
    return score(apply_temperature(_scores.probabilities, temperature), _scores.labels)


def _render_totals(views: list[_View], temperature: Temperature) -> None:
    before, after = (view.reliability for view in views)
    kind = views[0].scored.kind
    cells = [
        ("Calibration error", format_percent(before.error)),
        ("Error with temperature", format_percent(after.error)),
        ("Temperature", f"{temperature.value:.2f}"),
    ]
    gallery.show_metrics(cells, width=130)
    st.caption(
        f"The expected calibration error (Guo and others, 2017) of {format_count(before.count)} {kind} images in {BINS} bins: "
        f"how far, on average, the dots are from the dashed line. {describe_temperature(temperature)}"
    )
    if views[0].scored.split == Split.TRAINING:
        st.caption("The temperature was fitted on these very images, which flatters it: the test images tell what it is worth.")


def _pick_bin(views: list[_View]) -> tuple[str, int] | None:
    """The keyboard's way to a bin, and what remembers the choice. Returns the view's name and the bin's number."""
    bins = {(view.name, one.number): (view, one) for view in views for one in view.reliability.bins}

    def describe(choice: tuple[str, int] | None) -> str:
        if choice is None:
            return "None"
        view, one = bins[choice]
        return f"{describe_bin(one)}, {view.name}: {format_count(one.right)} of {format_count(one.count)} right"

    return st.selectbox(
        "Bin",
        options=[None, *bins],
        format_func=describe,
        key=_bin_key(views[0].scored),
        on_change=_forget_clicks,
        width=420,
        help="The images of which the network is so sure are shown below. Clicking a bin in a diagram does the same.",
    )


def _bin_key(scored: ScoredImages) -> str:
    return "_".join(("calibration_bin", *scored.key))


def _forget_clicks() -> None:
    for name in (_PLAIN, _CORRECTED):
        state.forget_clicks(_chart_key(name))


def _chart_key(name: str) -> str:
    return f"reliability {name}".replace(" ", "_")


def _render_diagram(view: _View, chosen: int | None) -> None:
    reliability, scored, key = view.reliability, view.scored, _chart_key(view.name)
    sentence = describe_reliability(reliability, scored.kind)
    st.markdown(f"**{view.name[0].upper()}{view.name[1:]}**")
    clicks.show_clickable(
        build_reliability_chart(reliability, frame.figure_theme(), chosen),
        key=key,
        alt=sentence,
        selection=CHOSEN_BIN,
        on_click=partial(_choose, _bin_key(scored), view.name),
    )
    st.caption(f"{plain(sentence)} {describe_error(reliability)}")
    saving.offer_files(
        name=f"{scored.image_set.name}-{scored.kind}-{key}",
        table=lambda: reliability_data(reliability),
        figure=lambda: draw_reliability(reliability, frame.figure_theme(), f"{scored.image_set.title}, {view.name}"),
    )
    with st.expander("As a table"):
        tables.show_table(reliability_table(reliability), hide_index=True)


def _choose(key: str, name: str, mark: Mapping[str, Any]) -> None:
    number = mark.get("number")
    if isinstance(number, int):
        state.put(key, (name, number))


def _render_bin(view: _View, number: int) -> None:
    """The images of which it is so sure."""
    one = next(one for one in view.reliability.bins if one.number == number)
    rows = np.flatnonzero(find_bins(view.scored.scores.confidence) == number)
    title = f"It says {describe_bin(one)}, {view.name}: right in {format_percent(one.accuracy)} of the cases"
    behind.show_images(view.scored, rows, key="calibration", title=title)
