"""The preview of an import: what was found, what is to become of it, and the button that stores it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from annotated_types import Ge, Le, MaxLen

from core.datasets.importing.checking import build_options
from core.datasets.importing.options import COLOUR_TITLES, FIT_TITLES, TURN_TITLES, Colour, Fit, ImportOptions, Turn
from core.datasets.importing.source import Choice, Survey
from core.errors import InklingError
from core.figures.before_after import build_pair, draw_pair
from core.figures.import_preview import (
    MAX_LISTED,
    class_table,
    describe_sizes,
    describe_split,
    format_size,
    left_out_table,
    shape_changes,
    unreadable_table,
)
from core.figures.numbers import format_count
from core.settings import MIN_CLASSES
from pages.components import frame, gallery, services, state, uploads
from pages.components.words import plain

_TABLE_HEIGHT = 320
"""Pixels of a long table: a thousand classes scroll inside."""

_MORE = "more"
"""The place to drop files that belong to those that are shown."""

_LONG = 8
"""Rows from which on a table is a long one."""


def render_preview(import_id: str, survey: Survey) -> None:
    """All of it, for an upload that was looked through."""
    state.ensure_import_form(import_id, _complete(survey))
    st.subheader(f"Preview of {plain(survey.source_name)}", anchor=False)
    st.markdown(f"What was found: {survey.kind}. Nothing of it is stored yet.")
    _render_facts(survey)
    _render_choices(import_id, survey)
    form, pictures = st.columns([2, 3], gap="large")
    with form:
        _render_options(survey)
        _render_buttons(import_id)
    with pictures:
        _render_result(import_id, survey)
    _render_left_out(survey)
    _render_more_files(import_id, survey)


def _complete(survey: Survey) -> ImportOptions:
    """The suggestion with a colour: a control has to show one."""
    suggestion = survey.suggestion
    colour = suggestion.colour or (Colour.COLOUR if survey.colour_pictures else Colour.GREY)
    return suggestion.model_copy(update={"colour": colour, "turn": suggestion.turn or Turn.NONE, "mirror": bool(suggestion.mirror)})


def _render_facts(survey: Survey) -> None:
    size = format_size(survey.sizes[0][0]) if len(survey.sizes) == 1 else f"{format_count(len(survey.sizes))} sizes"
    cells = [
        ("Pictures", format_count(survey.pictures)),
        ("Classes", format_count(len(survey.class_names))),
        ("Width x height", size),
        ("In grey", format_count(survey.grey_pictures)),
        ("In colour", format_count(survey.colour_pictures)),
        ("Left out", format_count(len(survey.unreadable) + survey.ignored)),
    ]
    gallery.show_metrics(cells)
    st.caption(describe_sizes(survey))
    if survey.notes:
        st.info("\n\n".join(plain(note) for note in survey.notes), icon=":material/info:")


def _render_choices(import_id: str, survey: Survey) -> None:
    """What only the user can know: which of several sets is meant, and what says what the pictures show."""
    offered = {"part": survey.parts, "labels": survey.label_choices}
    for field, choices in offered.items():
        if choices:
            titles = {choice.key: choice.title for choice in choices}
            st.selectbox(
                **_texts(field),
                options=list(titles),
                format_func=titles.__getitem__,
                on_change=_look_again,
                args=(import_id, survey.parts),
            )


def _look_again(import_id: str, parts: tuple[Choice, ...]) -> None:
    """The classes and counts are others by another choice. A set that was not looked at yet has choices of its own."""
    chosen = state.import_form()
    is_new_part = bool(parts) and chosen["part"] != state.surveyed_part()
    with frame.errors_shown():
        services.importer().look_again(import_id, part=chosen["part"], labels=None if is_new_part else chosen["labels"])


def _texts(field: str) -> dict[str, Any]:
    info = ImportOptions.model_fields[field]
    return {"label": info.title or field, "help": info.description, "key": state.import_key(field), "persist_state": "session"}


def _bound(field: str, kind: type[Ge] | type[Le] | type[MaxLen], attribute: str) -> Any:
    """A bound as the field itself has it."""
    return next(getattr(item, attribute) for item in ImportOptions.model_fields[field].metadata if isinstance(item, kind))


def _render_options(survey: Survey) -> None:
    st.markdown("**What becomes of the pictures**")
    for field in ("title", "name"):
        st.text_input(**_texts(field), max_chars=_bound(field, MaxLen, "max_length"))
    # No bounds here: the browser would silently refuse a value, the core explains what is wrong with it.
    size = st.number_input(**_texts("size"), value=None, step=1, placeholder="as they are")
    fixed_shape = not shape_changes(survey, size)
    st.radio(**_texts("fit"), options=list(Fit), format_func=FIT_TITLES.__getitem__, disabled=fixed_shape)
    if fixed_shape:
        st.caption("Without effect here: no picture changes its shape.")
    st.selectbox(**_texts("turn"), options=list(Turn), format_func=TURN_TITLES.__getitem__)
    st.checkbox(**_texts("mirror"))
    st.radio(**_texts("colour"), options=list(Colour), format_func=COLOUR_TITLES.__getitem__)
    # As exact as it is: white can be 255, or 0.0627 in fractions.
    st.number_input(**_texts("largest"), value=None, format="%g", placeholder="as the files suggest")
    lowest, highest = _bound("test_share", Ge, "ge"), _bound("test_share", Le, "le")
    st.slider(**_texts("test_share"), min_value=lowest, max_value=highest, step=0.05, format="percent", disabled=survey.has_split)
    st.number_input(**_texts("seed"), step=1, disabled=survey.has_split)
    if survey.has_split:
        st.caption("Share and seed are without effect here: the files say themselves which pictures are for testing.")


def _read_options() -> ImportOptions:
    """The form, checked. Raises `DatasetError` with all that is wrong."""
    values = state.import_form()
    return build_options(values | {"title": (values["title"] or "").strip() or None})


def _render_buttons(import_id: str) -> None:
    with st.container(horizontal=True):
        wanted = st.button(
            "Import",
            icon=":material/download_done:",
            type="primary",
            help="Reads all pictures and stores them as a data set for all pages.",
        )
        st.button("Choose other files", icon=":material/undo:", on_click=_discard, args=(import_id,), help="Forgets this upload.")
    if wanted:
        try:
            services.importer().start(import_id, _read_options())
        except InklingError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.rerun()


def _discard(import_id: str) -> None:
    with frame.errors_shown():
        services.importer().discard(import_id)
        state.leave_import()


def _render_result(import_id: str, survey: Survey) -> None:
    """What the options make of the pictures and of the classes."""
    st.markdown("**Before and after**")
    try:
        options = _read_options()
        _render_examples(import_id, options)
    except InklingError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    st.markdown("**Classes**")
    _show_table(class_table(survey, options))
    st.caption(f"{describe_split(survey, options)} Look for a class that has far fewer images than the others.")


def _render_examples(import_id: str, options: ImportOptions) -> None:
    examples = services.importer().examples(import_id, options)
    with st.grid(4, min_column_width=150):
        for example in examples:
            pair = build_pair(example)
            said = f"{example.class_name}: {pair.sentence}"
            st.image(draw_pair(pair, frame.figure_theme()), caption=plain(said), width="stretch", alt=f"{said}, before and after.")
    st.caption(
        f"{format_count(len(examples))} of the pictures: left as you brought them, right as a network will get them. "
        "Look whether you could still tell the right ones apart."
    )


def _render_more_files(import_id: str, survey: Survey) -> None:
    """Files of other classes, or labels in a file of their own, may come one after the other."""
    is_needed = len(survey.class_names) < MIN_CLASSES
    with st.expander("Add files that belong to these", expanded=is_needed):
        st.file_uploader(
            "More files",
            accept_multiple_files=True,
            key=state.upload_key(_MORE),
            on_change=_add,
            args=(import_id,),
            help="They are looked through together with what is there: the ZIP of another class, the labels, the test set.",
        )


def _add(import_id: str) -> None:
    files = state.uploaded_files(_MORE)
    if files:
        with frame.errors_shown():
            together = services.importer().begin([(file.name, file) for file in files], beside=import_id)
            state.follow_import(together)
            uploads.let_go(files)


def _render_left_out(survey: Survey) -> None:
    if survey.left_out:
        st.markdown("**Left out**")
        _show_table(left_out_table(survey))
    if not survey.unreadable:
        return
    count = len(survey.unreadable)
    with st.expander(f"{format_count(count)} pictures can't be read" if count > 1 else "One picture can't be read"):
        _show_table(unreadable_table(survey))
        if count > MAX_LISTED:
            st.caption(f"The first {MAX_LISTED} of {format_count(count)}.")


def _show_table(table: pd.DataFrame) -> None:
    """A table as text, which a screen reader reads and which is there at once, with the names in it as they are."""
    shown = table.map(lambda cell: plain(cell) if isinstance(cell, str) else cell)
    st.table(shown, hide_index=True, border="horizontal", height=_TABLE_HEIGHT if len(table) > _LONG else "content")
