"""One picture file made into an image as those of a set are, for a network to read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.datasets.image_set import Images
from core.datasets.importing.options import Colour, Fit
from core.datasets.importing.pictures import READABLE, Decoded, UnreadablePicture, decode_picture, fit_picture
from core.errors import DatasetError

MAX_FILE_BYTES = 30_000_000
"""Of one picture file: the largest cameras' JPEGs have less."""

_PREVIEW = 256
"""Pixels on the longer side of the picture as it is shown beside the image."""


@dataclass(frozen=True, eq=False)
class SingleImage:
    """A picture as it came, and as a network gets it.

    Attributes:
        preview: as it came, made smaller, `uint8 (h, w)` or `(h, w, 3)`, up to 255.
        size: width and height of the picture itself.
        image: `uint8`, of the set's image shape, up to its `max_value`.
        is_inverted: whether dark and light were exchanged.
        notes: sentences on what was special about the file.
    """

    preview: Images
    size: tuple[int, int]
    image: Images
    is_inverted: bool
    notes: tuple[str, ...]


def read_single_image(
    data: bytes, image_shape: tuple[int, ...], max_value: int, *, has_light_paper: bool, invert: bool | None = None
) -> SingleImage:
    """Decode a picture file and give it the shape of a set's images: all of it, with margins where needed.

    Args:
        data: the file; what it is called does not matter.
        image_shape: `(height, width)` or `(height, width, 3)`.
        max_value: the largest value a pixel of the set can take.
        has_light_paper: whether the set's images are dark on light.
        invert: whether to exchange dark and light; None exchanges them in a picture for a grey set if its edges say that it has the
            other kind of paper. Nothing can be told of colour photos, and those stay as they are.

    Raises `DatasetError` if the file is too large, damaged or no such picture.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DatasetError(f"The file has {len(data):,} bytes; expected at most {MAX_FILE_BYTES:,}. Make the picture smaller first.")
    height, width = image_shape[:2]
    try:
        decoded = decode_picture(data, at_least=max(height, width, _PREVIEW))
    except UnreadablePicture as error:
        raise DatasetError(f"The file can't be used. {error} Expected an undamaged {READABLE} picture.") from error
    fitted = _fit(decoded.pixels, height, width, Colour.GREY if len(image_shape) == 2 else Colour.COLOUR)
    if invert is None:
        invert = len(image_shape) == 2 and _has_light_edge(fitted) != has_light_paper
    chosen = 255 - fitted if invert else fitted
    image = np.rint(chosen * (max_value / 255)).astype(np.uint8)
    return SingleImage(_preview(decoded.pixels), decoded.size, image, bool(invert), tuple(_describe(decoded)))


def _fit(pixels: Images, height: int, width: int, colour: Colour) -> Images:
    """As an import fits pictures, but into any rectangle: the square in which it gets the right size, cut or widened to that."""
    scale = min(height / pixels.shape[0], width / pixels.shape[1])
    square = fit_picture(pixels, max(1, round(max(pixels.shape[:2]) * scale)), Fit.FIT, colour)
    for axis, wanted in enumerate((height, width)):
        square = _resize_axis(square, axis, wanted)
    return square


def _resize_axis(image: Images, axis: int, wanted: int) -> Images:
    """Cut the image, or repeat its margins, evenly at both ends of an axis."""
    spare = image.shape[axis] - wanted
    if spare >= 0:
        return np.take(image, range(spare // 2, spare // 2 + wanted), axis=axis)
    margins = [(0, 0)] * image.ndim
    margins[axis] = (-spare // 2, -spare - -spare // 2)
    return np.pad(image, margins, mode="edge")


def _has_light_edge(image: Images) -> bool:
    return bool(np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])) > 127)


def _preview(pixels: Images) -> Images:
    picture = Image.fromarray(pixels)
    picture.thumbnail((_PREVIEW, _PREVIEW))
    return np.asarray(picture)


def _describe(decoded: Decoded) -> list[str]:
    said = {
        "Partly see-through: put on white.": decoded.ground == 255,
        "Light ink on a see-through ground: put on black.": decoded.ground == 0,
        "16 bits for each pixel, or more: brought down to 8, 256 shades of grey.": decoded.is_16_bit,
        "Animated: only the first frame is read.": decoded.is_animated,
    }
    return [sentence for sentence, holds in said.items() if holds]
