"""Choosing the networks that read drawings: the one that comes with Inkling, and the user's own runs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.drawing.reader import Reader, build_reader
from core.rates import format_percent
from core.runs.record import RunRecord
from core.shipped.card import SHIPPED, load_card, load_reader
from pages.components import choices, runs, services, state

_NOBODY = ""


def pick_readers(*, with_second: bool = True) -> tuple[Reader, Reader | None]:
    """Two pickers side by side: the network that reads, and one beside it or none."""
    records = runs.find_ready()
    with st.grid(2, min_column_width=300):
        first = _pick_first(records)
        second = _pick_second(records, first) if with_second else None
    return find_reader(first), find_reader(second) if second is not None else None


def find_reader(reader_id: str) -> Reader:
    """The network with this id. Raises `RunNotFound`, and `DatasetError` if what a run learned from is gone or has changed."""
    if reader_id == SHIPPED:
        return load_reader()
    record = services.store().load(reader_id)
    image_set = services.catalog().load(record.spec.dataset)
    record.check_images(image_set)
    return build_reader(record.id, record.title, image_set)


def _pick_first(records: Mapping[str, RunRecord]) -> str:
    options, wanted = [SHIPPED, *records], state.current_reader()
    return choices.pick(
        "Network",
        options,
        key=state.READER_PICKER,
        chosen=wanted if wanted in options else options[0],
        note=lambda reader_id: state.choose_reader(reader_id, is_run=reader_id != SHIPPED),
        format_func=lambda reader_id: describe(reader_id, records),
        help="Who reads the drawing: the network that comes with Inkling, or a run of your own. The newest is first.",
    )


def _pick_second(records: Mapping[str, RunRecord], first: str) -> str | None:
    others = [reader_id for reader_id in (SHIPPED, *records) if reader_id != first]
    chosen = st.selectbox(
        "Beside it",
        # A text for none: Streamlit takes None for a choice that is still to be made.
        options=[_NOBODY, *others],
        format_func=lambda reader_id: "No other network" if reader_id == _NOBODY else describe(reader_id, records),
        key=f"beside_{first}",
        persist_state="session",
        disabled=not others,
        help="A second network that reads the same drawing." if others else "Train a network, and it can read the same drawing here.",
    )
    return None if chosen == _NOBODY else chosen


def describe(reader_id: str, records: Mapping[str, RunRecord]) -> str:
    """A network as one line of a list to choose from."""
    if reader_id == SHIPPED:
        card = load_card()
        return f"{card.title} (comes with Inkling, test {format_percent(card.test_accuracy)})"
    return runs.describe(records[reader_id])
