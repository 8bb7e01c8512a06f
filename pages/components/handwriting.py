"""Kept drawings on a page: who reads them, which are read wrong, and correcting or deleting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.compute.teacher import find_taught
from core.datasets.image_set import Images, fingerprint
from core.drawing.reader import Reader
from core.drawings.kept import KeptDrawing
from core.drawings.preparing import prepare_all
from core.figures.class_scores import (
    CLICKED,
    ClassMeasure,
    build_class_scores,
    build_class_scores_chart,
    class_scores_table,
    describe_class_scores,
    draw_class_scores,
)
from core.figures.handwriting import (
    ReadDrawings,
    caption_drawing,
    describe_count,
    describe_drawing,
    describe_readers,
    describe_score,
    score_fairly,
)
from core.predictions.class_scores import score_classes
from core.predictions.scores import score
from core.shipped.card import SHIPPED
from pages.components import clicks, frame, gallery, saving, services, state, statistics, tiles
from pages.components.words import plain

_AT_ONCE = 40
"""Tiles on one page."""

_TILE, _CHOSEN = 84, 150
"""Pixels: the width of a tile, and of the drawing that was chosen."""

_ASKED_AT_ONCE = 500
"""Drawings in one question to the engine, so that a drawing somebody is just making need not wait for all of them."""

_EVERY, _ONE = "All classes", "one"
_CHART = "handwriting_classes"


def read_with(reader: Reader) -> ReadDrawings | None:
    """The kept drawings with this network's answers; None if there are none whose class it knows.

    Raises `EngineUnavailable`, `StorageError`, and what else `ComputeService.predict` raises.
    """
    drawings = services.drawings().list()
    known = tuple(drawing for drawing in drawings if drawing.label in reader.class_names)
    if not known:
        return None
    # A number alone would not do: in a collection that was begun anew they begin anew, too.
    key = fingerprint(np.array([(drawing.id, drawing.kept) for drawing in known]))
    style = (reader.style.name, reader.style.box_share, reader.style.is_dark)
    images = _prepare((key, reader.image_shape, reader.max_value, *style), reader, known)
    probabilities = _answer((key, services.compute().model_key(reader.id)), reader, images)
    labels = np.array([reader.class_names.index(drawing.label) for drawing in known])
    taught = frozenset() if reader.id == SHIPPED else find_taught(services.store(), reader.id)
    is_taught = np.array([drawing.fingerprint in taught for drawing in known])
    scores = score(probabilities, labels)
    return ReadDrawings(known, images, reader.max_value, scores, reader.class_names, is_taught, len(drawings) - len(known))


@st.cache_resource(show_spinner="Preparing your drawings.", max_entries=8)
def _prepare(key: tuple[object, ...], _reader: Reader, _drawings: Sequence[KeptDrawing]) -> Images:
    return prepare_all(services.drawings().inks([drawing.id for drawing in _drawings]), _reader)


@st.cache_resource(show_spinner="Asking the network.", max_entries=20)
def _answer(key: tuple[str, str], _reader: Reader, _images: Images) -> NDArray[np.float32]:
    blocks = (_images[first : first + _ASKED_AT_ONCE] for first in range(0, len(_images), _ASKED_AT_ONCE))
    return np.concatenate([services.compute().predict(_reader.id, block) for block in blocks])


def render_empty() -> None:
    """What this page is for, while there is nothing on it."""
    st.info(
        "No drawing is kept yet. Draw a digit, say whether the network read it right, and it is kept here with one click. "
        "After a few dozen you know how well a network reads your own hand, and can teach it.",
        icon=":material/edit_note:",
    )
    st.page_link("pages/predict/draw.py", label="Draw something", icon=":material/draw:")


def render_scores(readers: Sequence[Reader]) -> None:
    """How many each of the networks reads right, and whether one of two is better."""
    reads = [read_with(reader) for reader in readers]
    for reader, read in zip(readers, reads, strict=True):
        if read is None:
            st.markdown(f"**{plain(reader.title)}** knows no class that your drawings are of: {plain(', '.join(reader.class_names[:20]))}.")
            continue
        st.markdown(f"**{plain(reader.title)}**: {plain(describe_score(read))}.")
        if read.strange:
            st.caption(f"{describe_count(read.strange)} left out: this network knows no class of that name.")
    first, *others = reads
    for second in others:
        if first is not None and second is not None:
            st.markdown(plain(describe_readers(first, second, [reader.title for reader in readers])))
    st.caption(
        "In brackets the 95 % interval: where the share may really lie, judged by so few drawings. Keep what was read right as well as "
        "what was read wrong, or this says nothing of your handwriting."
    )


def render_drawings(reader: Reader) -> None:
    """All drawings of a class or of all, the wrong ones first; one of them to correct or to delete."""
    read = read_with(reader)
    if read is None:
        _render_strangers()
        return
    label = _pick_class(read)
    rows = read.worst_first(label)
    pages = max(1, -(-len(rows) // _AT_ONCE))
    page = st.pagination(pages, key=f"handwriting_page_{label}_{pages}") if pages > 1 else 1
    shown = rows[(page - 1) * _AT_ONCE : page * _AT_ONCE]
    chosen = next((place for place, row in enumerate(shown) if read.drawings[row].id == state.chosen_drawing()), None)
    if chosen is not None:
        _render_chosen(reader, read, shown[chosen])
    ids = [read.drawings[row].id for row in shown]
    tiles.show_tiles(
        read.images[shown],
        [caption_drawing(read, row) for row in shown],
        key="handwriting_tiles",
        label=f"{describe_count(len(shown))}, those read wrong first. Choose one to correct or delete it.",
        max_value=read.max_value,
        wrong=[read.is_wrong(row) for row in shown],
        selected=chosen,
        size=_TILE,
        on_click=lambda place: state.choose_drawing(ids[place]),
    )
    st.caption(
        f"{describe_count(len(rows))} as {plain(reader.title)} gets them: those read wrong first, the surest mistakes before the others; "
        "a cross marks a mistake. Click one to correct its label or to delete it."
    )


def render_classes(reader: Reader) -> None:
    """How well the drawings of each class are read."""
    read = read_with(reader)
    scores = score_fairly(read) if read is not None else None
    if read is None or scores is None:
        st.info("There are no drawings that could tell anything of this network.", icon=":material/info:")
        return
    classes, names = score_classes(scores), read.class_names
    info = build_class_scores(classes, names, ClassMeasure.RECALL)
    sentence = describe_class_scores(info)
    chosen = state.picked(state.HANDWRITING_CLASS)
    place = names.index(chosen) if chosen in names else -1
    chart = build_class_scores_chart(info, frame.figure_theme(), place)
    clicks.show_clickable(chart, key=_CHART, alt=sentence, selection=CLICKED, on_click=partial(_choose_class, names))
    st.caption(
        f"{plain(sentence)} Recall is the part of the drawings of a class that is read as it; of {describe_count(len(scores.labels))}. "
        "Thin lines are 95 % intervals: with few drawings they are long, and little can be told. "
        "Click a bar, and Drawings shows that class."
    )
    counted = [one for one in classes if one.support or one.answers]
    statistics.show_table(class_scores_table(counted, names))
    saving.offer_files(
        name="my-handwriting-classes",
        table=lambda: class_scores_table(counted, names),
        figure=lambda: draw_class_scores(info, frame.figure_theme()),
    )


def _render_strangers() -> None:
    """Drawings of classes that the chosen network does not know: to be deleted or read by another one, not to be looked at here."""
    st.info("This network knows no class that your drawings are of. Choose another network to see them.", icon=":material/info:")


def _pick_class(read: ReadDrawings) -> str | None:
    """Whose drawings to show; None for all."""
    counts = {name: sum(drawing.label == name for drawing in read.drawings) for name in read.class_names}
    options = [_EVERY, *(name for name, count in counts.items() if count)]
    state.set_default(state.HANDWRITING_CLASS, _EVERY)
    if state.picked(state.HANDWRITING_CLASS) not in options:
        state.put(state.HANDWRITING_CLASS, _EVERY)
    chosen = st.selectbox(
        "Class",
        options,
        format_func=lambda name: f"{name} ({counts[name] if name in counts else len(read)})",
        key=state.HANDWRITING_CLASS,
        width=240,
        help="Show the drawings of one class only.",
        on_change=state.forget_clicks,
        args=(_CHART,),
        persist_state="session",
    )
    return None if chosen == _EVERY else str(chosen)


def _choose_class(names: Sequence[str], mark: Mapping[str, Any]) -> None:
    if mark.get("label") in range(len(names)):
        state.put(state.HANDWRITING_CLASS, names[int(mark["label"])])


def _render_chosen(reader: Reader, read: ReadDrawings, row: int) -> None:
    """The drawing as it was made, what is known of it, and what may be done to it."""
    drawing = read.drawings[row]
    [ink] = services.drawings().inks([drawing.id])
    with st.container(horizontal=True, gap="large", border=True):
        with st.container(width=_CHOSEN):
            gallery.show_pixels(ink, 255, alt=f"The drawing of {drawing.label} as it was made.")
        with st.container(width=420):
            st.markdown(plain(describe_drawing(read, row)))
            if read.is_taught[row]:
                st.caption("This network has learned from this very drawing.")
            key = f"relabel_{drawing.id}_{drawing.label}"
            st.selectbox(
                "What it is",
                reader.class_names,
                index=reader.class_names.index(drawing.label),
                key=key,
                help="Correct the label if it is not what you drew.",
                on_change=_relabel,
                args=(drawing.id, key),
            )
            render_deleting(_ONE, [drawing.id], "Delete this drawing")


def _relabel(drawing_id: int, key: str) -> None:
    with frame.errors_shown():
        services.drawings().relabel([drawing_id], str(state.picked(key)))


def render_deleting(what: str, ids: Sequence[int], title: str) -> None:
    """A button, and the question that its press raises. `what` tells one such place on the page from another."""
    if state.drawings_question() != what:
        st.button(title, icon=":material/delete:", key=f"ask_delete_{what}", on_click=state.ask_about_drawings, args=(what,))
        return
    st.warning(f"{title}? They will be gone for good." if len(ids) > 1 else f"{title}? It will be gone for good.", icon=":material/delete:")
    with st.container(horizontal=True):
        st.button("Delete", icon=":material/delete:", type="primary", key=f"delete_{what}", on_click=_delete, args=(ids,))
        st.button("Keep", key=f"keep_{what}", on_click=state.ask_about_drawings, args=(None,))


def _delete(ids: Sequence[int]) -> None:
    with frame.errors_shown():
        services.drawings().delete(ids)
        state.choose_drawing(None)
