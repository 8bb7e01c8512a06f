"""The drawing canvas. The only file that imports the canvas package."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit_drawable_canvas import st_canvas

from core.drawing.ink import ink_from_canvas
from pages.components import state

SIDE = 280
"""Pixels a side: ten for each of MNIST's 28, and it fits a phone of 360."""

PEN_WIDTH = 20
"""Pixels. Scaled down with the drawing, close to the stroke of MNIST's digits."""

_send_at_once = st.components.v2.component(
    "inkling_send_at_once",
    js="""
    export default function () {
      // The canvas waits 200 ms after a stroke before it tells the server, in case another follows. Nobody wants to wait for that:
      // when the pen is lifted, press the button in its own toolbar that sends at once.
      let toolbar = null;
      const press = (event) => {
        const path = event.composedPath();
        const onCanvas = path.some((node) => node instanceof HTMLCanvasElement);
        toolbar = onCanvas ? path.find((node) => node instanceof ShadowRoot) : null;
      };
      const lift = () => {
        const root = toolbar;
        toolbar = null;
        // After all other listeners, so that the canvas has taken the stroke in.
        if (root) setTimeout(() => root.querySelector('button[aria-label^="Update the app"]')?.click());
      };
      const listeners = [["mousedown", press], ["touchstart", press], ["mouseup", lift], ["touchend", lift]];
      listeners.forEach(([name, listener]) => document.addEventListener(name, listener, true));
      return () => listeners.forEach(([name, listener]) => document.removeEventListener(name, listener, true));
    }
    """,
)


def draw_canvas(name: str) -> NDArray[np.uint8] | None:
    """A black square to draw on in white, with a toolbar to undo, and a button to start again.

    What was drawn is remembered for other pages.

    Returns the picture, RGBA `(SIDE, SIDE, 4)`, as of the last lifted stroke; None while nothing was drawn.
    """
    # The toolbar floats above the canvas; without this it would cover what stands there.
    st.space("medium")
    result = st_canvas(
        stroke_width=PEN_WIDTH,
        stroke_color="#ffffff",
        background_color="#000000",
        width=SIDE,
        height=SIDE,
        drawing_mode="freedraw",
        return_image_data=True,
        key=state.canvas_key(name),
    )
    _send_at_once(key=f"{name}_send_at_once")
    drawn = bool(result.json_data and result.json_data.get("objects"))
    st.button("Clear the canvas", icon=":material/delete:", on_click=state.clear_canvas, args=(name,), disabled=not drawn)
    st.caption("Draw with the mouse or a finger. Undo and redo appear above the canvas when you point at it or touch it.")
    # Each access to the picture decodes its PNG again.
    picture = result.image_data if drawn else None
    if picture is None:
        return None
    pixels = np.asarray(picture, dtype=np.uint8)
    ink = ink_from_canvas(pixels)
    state.keep_drawing(ink.tobytes(), (ink.shape[0], ink.shape[1]))
    return pixels
