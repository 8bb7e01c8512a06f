"""The Draw page's heart: a place to draw, what one or two networks read, and ways to look into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from core.drawing.checks import Note, NoteKind, check_sketch
from core.drawing.pipeline import PreparedDrawing
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch
from core.drawing.step import Skipped
from core.errors import DrawingError, EngineUnavailable
from core.predictions.reading import Reading
from pages.components import (
    canvas,
    choices,
    drawing_strokes,
    drawing_way,
    drawing_why,
    frame,
    keeping,
    keyboard_grid,
    nearest_drawn,
    photo_input,
    reading,
    several,
    state,
)
from pages.components.words import plain


class Way(StrEnum):
    """Ways to bring a drawing."""

    CANVAS = "Canvas"
    SEVERAL = "Several digits"
    PHOTO = "Photo or file"
    KEYBOARD = "Keyboard"


_INVITATIONS = {
    Way.CANVAS: "Draw a digit on the black square. The answer appears here when you lift the pen.",
    Way.PHOTO: "Choose a picture, take one, or paste one. The answer appears here.",
    Way.KEYBOARD: "Draw a digit on the grid with the keys named above it. The answer appears here after each key.",
}


@dataclass(frozen=True, eq=False)
class Drawn:
    """One drawing as one network got it and read it; `skipped` are the steps of its preparation that were turned off."""

    reader: Reader
    sketch: Sketch
    skipped: Skipped
    prepared: PreparedDrawing
    reading: Reading


PARTS: dict[str, Callable[[Drawn], None]] = {
    "The way": lambda drawn: drawing_way.show_way(drawn.reader, drawn.sketch, drawn.skipped),
    "Why": lambda drawn: drawing_why.show_why(drawn.reader, drawn.prepared, drawn.reading.probabilities[0]),
    "Stroke by stroke": lambda drawn: drawing_strokes.show_strokes(drawn.reader, drawn.sketch),
    "Nearest": lambda drawn: nearest_drawn.show_nearest(drawn.reader, drawn.reading),
    "Keep it": lambda drawn: _show_keep(drawn),
}
"""What there is to look into, by the name of the choice. Only the chosen one is worked out."""


def pick_way() -> Way:
    """The choice of how to draw."""
    return choices.choose(
        "Draw with",
        Way,
        default=Way.CANVAS,
        key=state.DRAW_WAY,
        help="The mouse, a finger or a pen on the canvas; a row of digits; a picture of paper; or the keyboard alone.",
    )


@st.fragment
@frame.guarded
def show_drawing(first: Reader, second: Reader | None, way: Way) -> None:
    """The place to draw, the readings beside it, and below what they come from. A fragment, so that a stroke redraws nothing else."""
    if way == Way.SEVERAL:
        several.show_several(first)
        return
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=canvas.SIDE), st.container(width=reading.WIDTH)
    with left:
        sketch = _bring(first, way)
    with right:
        drawn = _read(first, sketch, _INVITATIONS[way])
        if drawn is not None and second is not None:
            _read_beside(second, drawn.sketch)
    if drawn is not None:
        _show_parts(drawn)
    else:
        keeping.show_kept()


def _bring(reader: Reader, way: Way) -> Sketch | None:
    """The drawing as of now; None while there is none."""
    match way:
        case Way.PHOTO:
            return photo_input.show_photo_input("photo")
        case Way.KEYBOARD:
            return keyboard_grid.show_keyboard_grid("grid", (reader.image_shape[0], reader.image_shape[1]))
        case _:
            return canvas.draw_canvas(state.DRAW_CANVAS)


def _read(reader: Reader, sketch: Sketch | None, invitation: str) -> Drawn | None:
    """The reading of a drawing, shown; None, after saying what to do, if there is nothing that can be read."""
    if sketch is None:
        reading.show_waiting(reader, invitation, key="first")
        return None
    skipped = drawing_way.skipped_steps(reader)
    try:
        prepared = reader.prepare(sketch, skipped)
        notes = check_sketch(sketch) if reader.reads_characters else ()
    except DrawingError as error:
        st.info(plain(str(error)), icon=":material/draw:")
        return None
    try:
        found = reading.ask(reader, prepared.image[None])
    except EngineUnavailable as error:
        # While TensorFlow loads, for one; the drawing is still there.
        st.warning(plain(str(error)), icon=":material/hourglass:")
        st.button("Read it again", icon=":material/refresh:")
        return None
    reading.show_reading(reader, prepared, found, key="first")
    _show_notes(reader, sketch, notes)
    if skipped:
        st.warning('Steps of its preparation are off: choose "The way" below to turn them on again.', icon=":material/warning:")
    return Drawn(reader, sketch, skipped, prepared, found)


def _show_notes(reader: Reader, sketch: Sketch, notes: tuple[Note, ...]) -> None:
    """What may be wrong with the drawing; a photo of several figures can be read as a row at once."""
    for note in notes:
        st.info(plain(note.message), icon=":material/info:")
        if note.kind == NoteKind.SEVERAL and sketch.photo is not None and st.toggle("Read it as a row", help="Each figure by itself."):
            several.show_row(reader, sketch)


def _read_beside(reader: Reader, sketch: Sketch) -> None:
    """The same drawing through another network."""
    st.markdown(f"**Beside it: {plain(reader.title)}**")
    with frame.errors_shown():
        prepared = reader.prepare(sketch, drawing_way.skipped_steps(reader))
        reading.show_reading(reader, prepared, reading.ask(reader, prepared.image[None]), key="second")


def _show_keep(drawn: Drawn) -> None:
    """What is kept is the drawing and how it was read, and that has to be as it is always read."""
    if drawn.skipped:
        st.info('Turn all steps on again before you keep a drawing: choose "The way".', icon=":material/info:")
        return
    keeping.show_keep(drawn.reader, drawn.sketch, drawn.prepared, drawn.reading.probabilities[0])


def _show_parts(drawn: Drawn) -> None:
    st.divider()
    chosen = choices.choose(
        "Look into it",
        PARTS,
        default=next(iter(PARTS)),
        key="draw_part",
        help="How the drawing is prepared, why it is read so, what each stroke did, what it is nearest to; or keep it.",
    )
    PARTS[chosen](drawn)
