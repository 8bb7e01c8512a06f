"""A grid of images that are buttons: the browser lays them out, draws their names, and says which was clicked."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images
from core.figures.samples import colour_image
from pages.components import state
from pages.components.frame import figure_theme

_SHARPEST = 128
"""Pixels of an image's longer side that are sent at most: a hundred images of 256 x 256 would take a second to pack."""

_WIDEST = 320
"""CSS pixels that a tile's image takes at most, however few columns were asked for."""

_FOLDER = Path(__file__).parent

_mount = st.components.v2.component(
    "inkling_tiles",
    html='<div class="tiles" role="group"></div>',
    css=(_FOLDER / "tiles.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "tiles.js").read_text(encoding="utf-8"),
)

_scroll = st.components.v2.component(
    "inkling_scroll",
    js="""
    const TIMES = 6, PAUSE = 200;

    export default function ({ data }) {
      // More than once: what was asked for comes into being and changes its size while the page is still being filled.
      // Whoever scrolls meanwhile knows better.
      const input = new AbortController();
      for (const name of ["wheel", "touchstart", "keydown"]) {
        document.addEventListener(name, () => input.abort(), { signal: input.signal, capture: true, passive: true });
      }
      const bring = (left) => {
        if (input.signal.aborted) return;
        const target = document.querySelector(`.st-key-${data.target}`);
        // Streamlit's own bar lies over the top of the page.
        if (target) target.style.scrollMarginTop = "4rem";
        target?.scrollIntoView({ behavior: "instant" });
        left > 1 ? setTimeout(bring, PAUSE, left - 1) : input.abort();
      };
      bring(TIMES);
    }
    """,
)


def scroll_to(target: str) -> None:
    """Bring the container with this key into view, once: call it only in the script run that somebody's click caused."""
    _scroll(key=f"scroll_to_{target}", data={"target": target})


def show_tiles(
    images: Images,
    captions: Sequence[str],
    *,
    key: str,
    label: str,
    max_value: int = 255,
    colour_map: str = "gray",
    wrong: Sequence[bool] | None = None,
    selected: int | None = None,
    size: int = 96,
    columns: int | None = None,
    on_click: Callable[[int], None] | None = None,
) -> int | None:
    """Show images as buttons in rows that fit the page's width.

    Args:
        images: `uint8`, `(n, height, width)` or `(n, height, width, 3)`.
        captions: one text below each image; any script, shown as text, never as HTML. May have several lines.
        key: the widget's key.
        label: what the grid is, for screen readers.
        max_value, colour_map: as in `core.figures.samples.build_sample_grid`.
        wrong: which of them get the frame and the mark of a mistake.
        selected: the position of the one that is shown as chosen.
        size: width of an image in CSS pixels, about; with `columns`, the least.
        columns: images in a row where the page is wide enough for them; otherwise as many as fit.
        on_click: called with the position of a clicked image before the script runs again, like a widget's callback.

    Returns the position of the image that was clicked, only in the script run that the click caused; otherwise None.
    Raises `ValueError` unless there is at least one image and one caption (and one `wrong`) for each.
    """
    marks = [bool(mark) for mark in wrong] if wrong is not None else [False] * len(images)
    if not len(images) or not len(images) == len(captions) == len(marks):
        raise ValueError(f"{len(images)} images, {len(captions)} captions, {len(marks)} marks; expected one of each for every image")
    data = {
        **build_sprite(images, max_value, colour_map),
        "captions": list(captions),
        "wrong": marks,
        "selected": selected,
        "label": label,
        "size": size,
        "columns": columns or len(images),
        "most": 1.5 * size if columns is None else _WIDEST,
        "wrongColour": figure_theme().wrong,
    }

    def clicked() -> None:
        position = _position(state.component_value(key, "clicked"), len(images))
        if on_click is not None and position is not None:
            on_click(position)

    return _position(_mount(data=data, key=key, on_clicked_change=clicked).clicked, len(images))


def build_sprite(images: Images, max_value: int, colour_map: str) -> dict[str, Any]:
    """All images side by side in one PNG, in rows as even as can be, as a `data:` address.

    Returns `sprite`, the address; `across`, the images in a row of it; `width` and `height`, the size of each in its pixels.
    Grey values travel as they are, with the colours of `colour_map` as the picture's palette.
    """
    images = _shrink(images)
    count, height, width = images.shape[:3]
    across = math.ceil(math.sqrt(count))
    down = -(-count // across)
    sheet = np.zeros((down * across, *images.shape[1:]), dtype=np.uint8)
    sheet[:count] = images
    sheet = sheet.reshape(down, across, height, width, -1).swapaxes(1, 2).reshape(down * height, across * width, -1)
    address = "data:image/png;base64," + base64.b64encode(_png(sheet, max_value, colour_map)).decode("ascii")
    return {"sprite": address, "across": across, "width": width, "height": height}


def _png(sheet: NDArray[np.uint8], max_value: int, colour_map: str) -> bytes:
    """A picture `(height, width, 1)` or `(height, width, 3)` as PNG, packed fast rather than small."""
    if sheet.shape[2] == 3:
        picture = Image.fromarray(sheet)
    else:
        picture = Image.frombytes("P", (sheet.shape[1], sheet.shape[0]), sheet.tobytes())
        picture.putpalette(colour_image(np.arange(max_value + 1, dtype=np.uint8), max_value, colour_map).tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def _shrink(images: Images) -> Images:
    """Images larger than a tile will ever show, made smaller by taking the mean of whole blocks; others as they are."""
    factor = -(-max(images.shape[1:3]) // _SHARPEST)
    if factor <= 1:
        return images
    height, width = (side // factor for side in images.shape[1:3])
    blocks = images[:, : height * factor, : width * factor].reshape(len(images), height, factor, width, factor, *images.shape[3:])
    # Adding one row or column of each block after the other takes less time and memory than a mean over two axes.
    total = np.zeros((len(images), height, width, *images.shape[3:]), dtype=np.uint32)
    for row in range(factor):
        for column in range(factor):
            total += blocks[:, :, row, :, column]
    return (total // factor**2).astype(np.uint8)


def _position(value: object, count: int) -> int | None:
    """What the browser sent, if it is the position of an image: a browser can send anything."""
    return value if isinstance(value, int) and 0 <= value < count else None
