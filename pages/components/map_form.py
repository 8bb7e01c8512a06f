"""The controls of a map: which images, by which method, and beside which network."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.datasets.image_set import ImageSet, Split
from core.datasets.projection import (
    FEWEST,
    HIGHEST_PERPLEXITY,
    LOWEST_PERPLEXITY,
    METHODS,
    MOST,
    MapSettings,
    Method,
    highest_perplexity,
)
from core.figures.comparison import describe_accuracy
from core.figures.numbers import format_count
from core.runs.record import RunRecord
from pages.components import choices, services, state

_COUNTS = (500, 1_000, 2_500, 5_000, 10_000)
_USUAL_COUNT = 2_500
_OFFERED_RUNS = 100
"""Runs looked through for some of this data set, newest first."""


@dataclass(frozen=True)
class MapChoice:
    """What is to be mapped and how. `run` is the network whose last hidden layer is mapped beside the pixels, if any."""

    split: Split
    settings: MapSettings
    run: RunRecord | None


def pick_map(image_set: ImageSet) -> MapChoice | None:
    """The controls. None, after saying why, where there are too few images for any map."""
    with st.grid(3, min_column_width=210):
        split = _pick_split()
        available = len(image_set.labels(split))
        if available < FEWEST:
            st.info(f"There are only {available} {split} images; a map needs at least {FEWEST}.", icon=":material/info:")
            return None
        count = _pick_count(image_set.name, split, min(available, MOST))
        run = _pick_run(image_set.name)
        method = _pick_method(count)
        perplexity = _pick_perplexity(method, count)
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=2**31 - 1,
            value=1,
            step=1,
            key="map_seed",
            help="Decides which images are taken, and where t-SNE begins. The same seed gives the same map again.",
            persist_state="session",
        )
    return MapChoice(split, MapSettings(count, int(seed), method, perplexity), run)


def _pick_split() -> Split:
    return choices.choose(
        "Split",
        Split,
        default=Split.TRAINING,
        format_func=str.capitalize,
        key="map_split",
        help="Networks learn from the training images. Test images show whether one tells new images apart too, once they are open for it.",
    )


def _pick_count(name: str, split: Split, most: int) -> int:
    options = [*(count for count in _COUNTS if count < most), most]
    return int(
        st.selectbox(
            "Images",
            options,
            index=options.index(max(count for count in options if count <= _USUAL_COUNT or count == options[0])),
            format_func=format_count,
            key=f"map_count_{name}_{split}",
            help="How many images are taken, drawn at random with each class in its share. More show more, and take t-SNE longer.",
            persist_state="session",
        )
    )


def _pick_run(name: str) -> RunRecord | None:
    """A trained network to compare with; the one in the address, if it fits, to begin with."""
    listed = services.store().list(limit=_OFFERED_RUNS)
    records = {run.id: run for run in listed if run.spec.dataset == name and run.is_ready}
    options: list[str | None] = [None, *records]
    current = state.current_run()
    chosen = st.selectbox(
        "Beside the pixels",
        options,
        index=options.index(current) if current in options else 0,
        format_func=lambda run_id: "Nothing" if run_id is None else _describe_run(records[run_id]),
        key=f"map_run_{name}",
        help="A network trained on this data set: its last hidden layer is mapped beside the pixels, to see what learning did.",
        persist_state="session",
    )
    if not records:
        return None
    return None if chosen is None else records[chosen]


def _describe_run(record: RunRecord) -> str:
    return f"{record.title}, {describe_accuracy(record)} ({record.id[:4]})"


def _pick_method(count: int) -> Method:
    return choices.choose(
        "Method",
        Method,
        default=Method.PCA,
        format_func=lambda method: METHODS[method],
        key="map_method",
        help="PCA shows the directions in which images differ most, at once. t-SNE puts similar images side by side, and takes a while.",
    )


def _pick_perplexity(method: Method, count: int) -> int:
    highest = highest_perplexity(count)
    if highest <= LOWEST_PERPLEXITY:
        # The core says why, should t-SNE be chosen.
        return LOWEST_PERPLEXITY
    return st.slider(
        "Perplexity",
        LOWEST_PERPLEXITY,
        highest,
        min(30, highest),
        key="map_perplexity" if highest == HIGHEST_PERPLEXITY else f"map_perplexity_{highest}",
        disabled=method != Method.TSNE,
        help="How many neighbours t-SNE tries to keep beside each image, about. Small values show small groups, large ones the whole.",
        persist_state="session",
    )
