"""Maps as points that can be pointed at, zoomed into and chosen: our own component, drawn by the browser in `scatter.js`."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images, ImageSet, Split
from core.datasets.projection import shrink
from core.datasets.samples import Indices
from core.figures.maps import MapInfo, class_mark, describe_map
from core.figures.theme import OKABE_ITO

_LARGEST = 32
"""Pixels of an image's longer side that are sent: enough to know it by, and 10,000 of them stay under what a browser's canvas holds."""

_FOLDER = Path(__file__).parent

_TOOLS = {
    "lasso": ("Draw a line", 'aria-pressed="true"'),
    "move": ("Move the map", 'aria-pressed="false"'),
    "in": ("Zoom in", ""),
    "out": ("Zoom out", ""),
    "whole": ("Whole map", ""),
    "clear": ("Choose none", "disabled"),
}
_BUTTONS = "".join(f'<button type="button" data-part="{part}" {more}>{words}</button>' for part, (words, more) in _TOOLS.items())

_HTML = f"""
<div class="scatter" hidden>
  <div class="bar" role="group" aria-label="Tools">{_BUTTONS}</div>
  <div class="legend" data-part="legend" role="group" aria-label="Classes: press one to make it stand out"></div>
  <div class="views" data-part="views"></div>
  <p class="said" data-part="said" role="status" aria-live="polite"></p>
  <p class="quiet">Point at a mark to see its image. Draw a line around marks, or click one, to see their images below; hold Shift to add
  to them. The wheel or two fingers zoom. Press a class above to make it stand out. Keys: arrows go from mark to mark, Enter chooses one,
  N chooses the 25 nearest, + and - zoom, 0 shows the whole map, Escape chooses none.</p>
</div>
"""

_mount = st.components.v2.component(
    "inkling_scatter",
    html=_HTML,
    css=(_FOLDER / "scatter.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "scatter.js").read_text(encoding="utf-8"),
)


def show_scatter(infos: Sequence[MapInfo], image_set: ImageSet, split: Split, indices: Indices, *, key: str) -> Indices:
    """Show maps of the same images beside one another. What is pointed at or chosen in one shows in all.

    Args:
        infos: the maps, in the order of `indices`.
        indices: which images of the half `split` they show, `(n,)`.
        key: the widget's key.

    Returns the places in `indices` of the images that were chosen, in rising order.
    """
    images = hashlib.sha256(f"{image_set.sha256} {split}".encode() + indices.tobytes()).hexdigest()[:16]
    with st.container(gap=None):
        result = _mount(
            data=_describe(infos, indices, images), key=f"{key}_{images}", default={"chosen": []}, on_chosen_change=lambda: None
        )
        # Apart from the maps, which change more often: Streamlit does not send again what the browser has.
        _mount(data=_atlas(images, image_set, split, indices), key=f"{key}_{images}_atlas")
    return _places(result.chosen, len(indices))


def _describe(infos: Sequence[MapInfo], indices: Indices, images: str) -> dict[str, Any]:
    """All that the browser draws. `key` is another one if anything in it is."""
    first = infos[0]
    counts = np.bincount(first.labels, minlength=len(first.class_names)).tolist()
    classes = [
        # Black is the colour of the page's text, which the browser knows.
        {"name": name, "shape": mark.shape, "colour": "" if mark.colour == "black" else OKABE_ITO[mark.colour], "count": count}
        for name, mark, count in zip(first.class_names, map(class_mark, range(len(counts))), counts, strict=True)
    ]
    views = [
        {"title": info.title, "label": f"Map: {info.title}. {describe_map(info)}", "points": _encode(_place(info.positions))}
        for info in infos
    ]
    data: dict[str, Any] = {
        "images": images,
        "labels": _encode(first.labels.astype("<u2")),
        "indices": _encode(indices.astype("<u4")),
        "classes": classes,
        "views": views,
    }
    return {**data, "key": hashlib.sha256(json.dumps(data).encode()).hexdigest()}


def _place(positions: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Positions as whole numbers from 0 to 65,535, in the middle of that square and with one scale for both axes."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    extent = float((high - low).max()) or 1.0
    return np.round(((positions - (low + high) / 2) / extent + 0.5) * 65_535).clip(0, 65_535).astype("<u2")


def _encode(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


@st.cache_data(show_spinner=False, max_entries=8)
def _atlas(key: str, _image_set: ImageSet, _split: Split, _indices: Indices) -> bytes:
    return pack_atlas(key, _image_set.images(_split)[_indices], _image_set.max_value)


def pack_atlas(key: str, images: Images, max_value: int) -> bytes:
    """All images side by side in one picture, after a line of JSON that says how: 2 MB for 10,000 of MNIST, 3 MB of CIFAR-10.

    The line holds the `key`, the `width` and `height` of each image and how many are `across`. Grey images come as PNG, exactly;
    colour images as JPEG, a seventh as large and well enough to know them by.
    """
    images = shrink(images, -(-max(images.shape[1:3]) // _LARGEST))
    count, height, width = images.shape[:3]
    across = math.ceil(math.sqrt(count))
    down = -(-count // across)
    sheet = np.zeros((down * across, *images.shape[1:]), np.uint8)
    sheet[:count] = images if max_value == 255 else np.round(images * (255 / max_value))
    sheet = sheet.reshape(down, across, *images.shape[1:]).swapaxes(1, 2).reshape(down * height, across * width, *images.shape[3:])
    head = {"key": key, "width": width, "height": height, "across": across}
    buffer = io.BytesIO(json.dumps(head).encode() + b"\n")
    buffer.seek(0, io.SEEK_END)
    picture = Image.fromarray(sheet)
    if sheet.ndim == 2:
        picture.save(buffer, "png", compress_level=1)
    else:
        picture.save(buffer, "jpeg", quality=80)
    return buffer.getvalue()


def _places(value: object, count: int) -> Indices:
    """What the browser sent, as far as it names points: a browser can send anything."""
    sent = value if isinstance(value, list) else []
    return np.unique(np.array([place for place in sent if type(place) is int and 0 <= place < count], dtype=np.intp))
