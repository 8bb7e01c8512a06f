"""Printed digits, for the shipped network to learn and to be compared with: MNIST was written by hand.

They come from the fonts that Streamlit and Pillow bring: Source Sans, Source Serif and Source Code, whose weight can be set, and
Aileron. What the network makes of printed digits is measured on other fonts (`core.shipped.oddities.FONTS_WITH_DIGITS`), none of
which is of these families.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.datasets.image_set import Labels
from core.drawing.ink import Ink
from core.errors import InklingError

VARIABLE_FONTS = ("SourceSansVF-*", "SourceCodeVF-*", "SourceSerifVariable-*")
"""Patterns of the files, an upright and a slanted one for each. The rest of their names changes with Streamlit's version."""

_SIDE, _HEIGHT = 224, 120
"""Pixels of the canvas, and the size of the type on it: digits are about two thirds as high."""

_LEAN, _NARROWEST, _WIDEST = 0.08, 0.75, 1.3
"""Standard deviation of the lean, as a part of the height, and the limits of the width: condensed fonts and wide ones."""

Random = np.random.Generator


def draw_printed(count: int, seed: int) -> tuple[tuple[Ink, ...], Labels]:
    """`count` digits, 0 to 9 in turn, in random fonts, weights and proportions, each on a canvas; and which they are, `int32 (count,)`.

    Raises `InklingError` if the fonts are not on this machine.
    """
    rng, fonts = np.random.default_rng(seed), _load_fonts()
    labels = np.arange(count, dtype=np.int32) % 10
    return tuple(_draw_digit(int(digit), fonts[rng.integers(len(fonts))], rng) for digit in labels), labels


def _load_fonts() -> list[ImageFont.FreeTypeFont]:
    streamlit = find_spec("streamlit")
    folders = [] if streamlit is None else [Path(place) for place in streamlit.submodule_search_locations or ()]
    files = [file for folder in folders for name in VARIABLE_FONTS for file in sorted(folder.glob(f"static/static/media/{name}"))]
    if not files:
        raise InklingError("The fonts that come with Streamlit are not on this machine; install all of requirements.txt.")
    bundled = ImageFont.load_default(_HEIGHT)
    return [ImageFont.truetype(file, _HEIGHT) for file in files] + ([bundled] if isinstance(bundled, ImageFont.FreeTypeFont) else [])


def _draw_digit(digit: int, font: ImageFont.FreeTypeFont, rng: Random) -> Ink:
    if font.font.family is not None and font.font.family.startswith("Source"):
        font.set_variation_by_axes([rng.uniform(axis["minimum"] or 0, axis["maximum"] or 0) for axis in font.get_variation_axes()])
    picture = Image.new("L", (_SIDE, _SIDE))
    middle = _SIDE / 2
    ImageDraw.Draw(picture).text((middle, middle), str(digit), fill=255, font=font, anchor="mm")
    lean, width = rng.normal(0, _LEAN), rng.uniform(_NARROWEST, _WIDEST)
    # Where each point of the new picture lies in the old one: a shear and a stretch that leave the middle in its place.
    shape = (1 / width, lean, middle * (1 - 1 / width - lean), 0, 1, 0)
    return np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, shape, Image.Resampling.BICUBIC))
