"""A grid of cells that the keyboard alone draws on: our own component, whose browser side is `keyboard_grid.js`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from core.drawing.sketch import Sketch
from pages.components import remembering, state

_CELL = 10
"""Pixels of a cell as ink, so that 28 cells are as wide as the canvas."""

_FEWEST, _MOST = 16, 32
"""Cells of the longer side: with fewer there is no room for a figure, more are too small to see and too many to walk."""

_FOLDER = Path(__file__).parent

_mount = st.components.v2.component(
    "inkling_keyboard_grid",
    html="""
    <div class="keyboard">
      <p id="keys">With the Tab key, go to the grid. Arrows move the pen, Space puts ink, Shift with an arrow draws a line, Backspace
      erases, C clears everything. A mouse or a finger draws as well, or erases while Eraser is on.</p>
      <canvas data-part="canvas" tabindex="0" role="application" aria-roledescription="drawing grid" aria-describedby="keys"></canvas>
      <p data-part="said" role="status" aria-live="polite"></p>
      <div class="bar" role="group" aria-label="Tools">
        <button type="button" data-part="eraser" aria-pressed="false">Eraser</button>
        <button type="button" data-part="clear">Clear the grid</button>
      </div>
    </div>
    """,
    css=(_FOLDER / "keyboard_grid.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "keyboard_grid.js").read_text(encoding="utf-8"),
)


def show_keyboard_grid(key: str, shape: tuple[int, int] = (28, 28)) -> Sketch | None:
    """The grid, of as many cells as an image of `shape` (height, width) has pixels, but for very small and large ones.

    It is kept when the page is left, and the drawing remembered for other pages.

    Returns what is drawn, with ten pixels for each cell; None while there is no ink.
    """
    rows, columns = count_cells(shape)
    name = f"{key}_{rows}x{columns}"
    kept = state.grid_cells(name)
    data = {"rows": rows, "columns": columns, "cells": kept}
    result = _mount(data=data, key=name, default={"cells": kept}, on_cells_change=lambda: None)
    sketch = read_cells(result.cells, (rows, columns))
    state.keep_grid_cells(name, result.cells if sketch is not None else "")
    if sketch is not None:
        state.keep_drawing(sketch.ink.tobytes(), (sketch.ink.shape[0], sketch.ink.shape[1]))
    remembering.note_drawing()
    return sketch


def count_cells(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the grid for images of this shape, in proportion as far as a pen of two cells allows."""
    factor = min(max(max(shape), _FEWEST), _MOST) / max(shape)
    return max(4, round(shape[0] * factor)), max(4, round(shape[1] * factor))


def read_cells(cells: object, shape: tuple[int, int]) -> Sketch | None:
    """The ink of cells, one character each, "1" for ink; None if there is none, or anything else was sent: a browser can send anything.

    Enlarged with soft edges, so that lines across come out as lines, not as stairs.
    """
    rows, columns = shape
    if not isinstance(cells, str) or len(cells) != rows * columns or set(cells) - {"0", "1"} or "1" not in cells:
        return None
    marks = np.frombuffer(cells.encode("ascii"), np.uint8).reshape(shape) == ord("1")
    picture = Image.fromarray(marks.astype(np.uint8) * np.uint8(255))
    return Sketch(np.asarray(picture.resize((columns * _CELL, rows * _CELL), Image.Resampling.BICUBIC)))
