"""The drawing canvas. The only file that imports the canvas package."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from core.drawing.ink import ink_from_canvas
from core.drawing.sketch import Sketch
from core.drawing.softness import MAX_SOFTNESS, soften_ink
from core.drawing.strokes import read_strokes
from pages.components import remembering, state

SIDE = 280
"""Pixels a side: ten for each of MNIST's 28, and it fits a phone of 360."""

PEN_WIDTHS = (8, 40)
"""Pixels, thinnest and thickest."""

PEN_WIDTH = 20
"""Pixels. Scaled down with the drawing, close to the stroke of MNIST's digits."""

_PNG = "data:image/png;base64,"

_care = st.components.v2.component("inkling_canvas_care", js=(Path(__file__).parent / "canvas.js").read_text(encoding="utf-8"))


def draw_canvas(name: str, *, width: int = SIDE, height: int = SIDE) -> Sketch | None:
    """A black canvas to draw on in white, with a toolbar to undo, a button to start again, and the pen's width and softness.

    Where there is less room it is shown smaller; its ink is always `(height, width)`. What was drawn is remembered for other pages.

    Returns the drawing as of the last lifted stroke; None while nothing was drawn.
    """
    # The toolbar floats above the canvas; without this it would cover what stands there.
    st.space("medium")
    canvas, eraser = st.container(), st.container()
    pen_width, softness = _choose_pen()
    initial = state.initial_objects(name)
    key = state.canvas_key(name)
    with canvas:
        st_canvas(
            stroke_width=pen_width,
            stroke_color="#ffffff",
            background_color="#000000",
            width=width,
            height=height,
            drawing_mode="freedraw",
            initial_drawing={"objects": initial},
            return_image_data=True,
            key=key,
        )
        _care(key=f"{name}_care", data={"canvas": key, "width": width, "height": height})
    _take_drawing(name, key)
    drawn = state.sheet(name)
    with eraser:
        st.button("Clear the canvas", icon=":material/delete:", on_click=state.clear_canvas, args=(name,), disabled=drawn is None)
    sketch = None if drawn is None else _read_sketch(*drawn, softness)
    remembering.note_drawing()
    return sketch


def _take_drawing(name: str, key: str) -> None:
    """Keep what the canvas sent, for the next visit: a browser can send anything, and what is no drawing counts as an empty canvas."""
    match state.component_value(key, "drawing"):
        case None | {"data": None}:
            pass  # It has sent nothing yet, and shows what it was given.
        case {"raw": {"objects": [_, *_] as objects}, "data": str(picture)} if picture.startswith(_PNG):
            state.keep_sheet(name, (objects, base64.b64decode(picture.removeprefix(_PNG))))
        case _:
            state.keep_sheet(name, None)


def _choose_pen() -> tuple[int, float]:
    """The pen's width and softness, in pixels of the canvas."""
    state.set_default(state.PEN_WIDTH, PEN_WIDTH)
    state.set_default(state.PEN_SOFTNESS, 0.0)
    with st.grid(2, min_column_width=120):
        width = st.slider(
            "Pen width",
            *PEN_WIDTHS,
            key=state.PEN_WIDTH,
            help="Pixels of the canvas, for the strokes that you draw from now on. With 20, digits come out like those that were learned.",
            persist_state="session",
        )
        softness = st.slider(
            "Softness",
            0.0,
            float(MAX_SOFTNESS),
            step=0.5,
            format="%.1f",
            key=state.PEN_SOFTNESS,
            help="How far the edges of the ink are blurred, in pixels of the canvas; it changes the whole drawing before it is read.",
            persist_state="session",
        )
    st.caption("Draw with the mouse or a finger. Undo and redo appear above the canvas when you point at it or touch it.")
    return int(width), float(softness)


def _read_sketch(objects: list[Any], picture: bytes, softness: float) -> Sketch:
    pixels = np.asarray(Image.open(io.BytesIO(picture)), dtype=np.uint8)
    ink = soften_ink(ink_from_canvas(pixels), softness)
    state.keep_drawing(ink.tobytes(), (ink.shape[0], ink.shape[1]))
    return Sketch(ink, read_strokes(objects))
