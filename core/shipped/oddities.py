"""Pictures by which it is measured what the shipped network calls novel. It learned from none of them.

Letters and printed digits come from the fonts that matplotlib brings, scribbles are smooth random curves, clothes are Fashion-MNIST's
test images. All but the raw pixels are drawn on a canvas and prepared as a drawing is.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.datasets.image_set import Images
from core.drawing.ink import Ink

CANVAS = 280

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSansMono",
    "STIXGeneral",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
    "cmmi10",
)
"""With serifs and without, upright and slanted, thin and thick, one with letters of equal width."""

PRINTED_FONTS = (
    *(f"DejaVu{face}" for face in ("Sans", "Sans-Bold", "Sans-Oblique", "Sans-BoldOblique")),
    *(f"DejaVu{face}" for face in ("SansMono", "SansMono-Bold", "SansMono-Oblique", "SansMono-BoldOblique")),
    *(f"DejaVu{face}" for face in ("Serif", "Serif-Bold", "Serif-Italic", "Serif-BoldItalic")),
    *("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "STIXGeneralBolIta"),
    *("cmb10", "cmmi10", "cmr10", "cmss10", "cmti10", "cmtt10"),
)
"""All that matplotlib brings with digits. Nothing was chosen by these digits; those that drawings are compared with are of other fonts."""

DIGIT_SHAPED = "OoIlSsZzq"
"""Letters that are written as a digit is: 0, 1, 5, 2 and 9. No look at the shape can tell them."""

_SEED = 20260101
"""Of the scribbles and the noise; another than any training's."""


def draw_letters(letters: Iterable[str], fonts: Iterable[str] = FONTS) -> tuple[Ink, ...]:
    """Each letter in each of the fonts, 200 pixels high, on a canvas of its own."""
    return tuple(_draw_letter(letter, font) for font in map(_load_font, fonts) for letter in letters)


def all_letters() -> str:
    return string.ascii_letters


def told_letters() -> str:
    """Those that are not `DIGIT_SHAPED`."""
    return "".join(letter for letter in string.ascii_letters if letter not in DIGIT_SHAPED)


def draw_scribbles(count: int) -> tuple[Ink, ...]:
    """Smooth curves through 5 to 13 random points, with pens of 12 to 24 pixels."""
    rng = np.random.default_rng(_SEED)
    return tuple(_draw_scribble(rng) for _ in range(count))


def draw_blots(count: int) -> tuple[Ink, ...]:
    """Clouds of ink: 7 x 7 random greys, enlarged smoothly."""
    small = np.random.default_rng(_SEED + 1).integers(0, 256, (count, 7, 7), np.uint8)
    return tuple(_enlarge(image) for image in small)


def make_noise(count: int, shape: tuple[int, ...]) -> Images:
    """Random pixels, each by itself; they are not prepared, since no canvas shows them."""
    return np.random.default_rng(_SEED + 2).integers(0, 256, (count, *shape), np.uint8)


def draw_pictures(images: Images) -> tuple[Ink, ...]:
    """Small grey pictures, enlarged to fill the canvas."""
    return tuple(_enlarge(image) for image in images)


def _load_font(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"), 200)


def _draw_letter(letter: str, font: ImageFont.FreeTypeFont) -> Ink:
    picture = Image.new("L", (CANVAS, CANVAS))
    ImageDraw.Draw(picture).text((CANVAS / 2, CANVAS / 2), letter, fill=255, font=font, anchor="mm")
    return np.asarray(picture)


def _draw_scribble(rng: np.random.Generator) -> Ink:
    points = rng.uniform(30, CANVAS - 30, (rng.integers(5, 14), 2))
    picture = Image.new("L", (CANVAS, CANVAS))
    curve = [(float(x), float(y)) for x, y in _smooth(points)]
    ImageDraw.Draw(picture).line(curve, fill=255, width=int(rng.integers(12, 25)), joint="curve")
    return np.asarray(picture)


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A cubic curve through points `(n, 2)`, 20 steps between two of them."""
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(np.arange(len(points)), points)(np.linspace(0, len(points) - 1, 20 * len(points))))


def _enlarge(image: Ink) -> Ink:
    return np.asarray(Image.fromarray(image).resize((CANVAS, CANVAS), Image.Resampling.BICUBIC))
