"""From the bytes of a picture file to pixels of the size and colours of a set.

`decode_picture` accepts what people have, and pays for no more of it than is needed; `fit_picture` gives all pictures one shape.
"""

from __future__ import annotations

import io
import struct
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.datasets.image_set import Images
from core.datasets.importing.options import Colour, Fit
from core.datasets.importing.pixel_range import PixelRange, propose_range

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm"})
READABLE = "PNG, JPEG, GIF, BMP, WebP, TIFF or PGM"

MAX_PICTURE_PIXELS = 50_000_000
"""Pixels of one picture, about what the largest cameras take. In memory that is 200 MB, and for a moment four times that (WebP, RGBA)."""

MAX_UNSCALED_PIXELS = 25_000_000
"""Pixels of one picture in a format that can't be decoded at a part of its size, which only JPEG can: a second of work, 400 MB."""

MAX_PICTURE_SIDE = 30_000
"""Width or height of one picture: a panorama. A single line of millions of pixels is none."""

MAX_SCANS = 100
"""Passes over the picture in a JPEG, about ten in real ones: thousands of empty ones keep a processor busy for minutes."""

_LARGE_PICTURE = 4_000_000
"""Pixels from which on pictures are decoded one at a time, whatever the number of threads, so that their memory does not add up."""
_one_large_at_a_time = threading.Lock()

_NEARLY_BLACK = 16
"""The largest number of a picture of 8 bits up to which it is clear, without any other picture, that white is not 255."""

_GREY_ENOUGH = 24
"""How far red, green and blue of light ink may differ: a pen of a warm white is white, and packing blurs it."""

_SPARE = 3
"""A picture is first made smaller by averaging whole blocks of pixels, to no less than this many times the size wanted.
The slower, finer filter does the rest, and the result can't be told from its doing all."""

_SCAN = b"\xff\xda"
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What a camera's orientation mark asks for (Exif 2.3, section 4.6.4)."""

# What Pillow's decoders were seen to raise, or may raise, for damaged files: they check less than they assume.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError, struct.error, zlib.error)


class UnreadablePicture(Exception):
    """A picture that can't be used. `str(error)` is the reason, one sentence without its subject's name."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture and what was special about its file.

    Attributes:
        pixels: `uint8`, `(h, w)` if every pixel is grey, otherwise `(h, w, 3)`. May be smaller than the picture itself.
        size: width and height of the picture itself, turned as its camera says.
        ground: what see-through parts were put on, 255 for white or 0 for black; None if there were none.
        is_16_bit: it came with more than 256 shades of grey.
        lowest, highest: the numbers in the file, as far as they tell what white is: the same for a picture of a single colour,
            0 and 255 for a JPEG or WebP.
        is_animated: it has more pictures than this first one.
    """

    pixels: Images
    size: tuple[int, int]
    ground: int | None
    is_16_bit: bool
    is_animated: bool
    lowest: float = 0
    highest: float = 255

    @property
    def is_grey(self) -> bool:
        return self.pixels.ndim == 2


def decode_picture(data: bytes, at_least: int | None = None, pixel_range: PixelRange | None = None) -> Decoded:
    """Decode a file of one of the `FORMATS`.

    Args:
        at_least: what for. A picture that is many times larger than a square of this side may be returned smaller,
            which takes a fraction of the time and memory; None returns it as it is.
        pixel_range: the numbers that are black and white in all pictures of a set. None tells them from this picture alone, if it has
            more than 8 bits or is nearly black.

    Raises `UnreadablePicture`. A picture of more than `MAX_PICTURE_PIXELS` is never unpacked.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            pixels = picture.width * picture.height
            check_work(picture, data)
            with _one_large_at_a_time if pixels > _LARGE_PICTURE else nullcontext():
                return _decode(picture, at_least, pixel_range)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except UnidentifiedImageError as error:
        raise UnreadablePicture(f"It is not a {READABLE} picture, whatever its name says.") from error
    except (*_DAMAGE, MemoryError) as error:
        raise UnreadablePicture("It is damaged or not complete.") from error


def check_work(picture: Image.Image, data: bytes) -> None:
    """Raises `UnreadablePicture` if unpacking an opened picture, whose file is `data`, would take too long or too much memory."""
    pixels = picture.width * picture.height
    if pixels > MAX_PICTURE_PIXELS:
        raise _too_large()
    if pixels > MAX_UNSCALED_PIXELS and picture.format not in ("JPEG", "MPO"):
        raise UnreadablePicture(f"It has {pixels:,} pixels; expected at most {MAX_UNSCALED_PIXELS:,}. Make it smaller, or a JPEG.")
    if max(picture.size) > MAX_PICTURE_SIDE:
        raise UnreadablePicture(f"It is {max(picture.size):,} pixels long or wide; expected at most {MAX_PICTURE_SIDE:,}. Make it smaller.")
    if picture.format in ("JPEG", "MPO") and data.count(_SCAN) > MAX_SCANS:
        raise UnreadablePicture(f"It comes in {data.count(_SCAN):,} passes; expected at most {MAX_SCANS}. Save it again.")


def _too_large() -> UnreadablePicture:
    return UnreadablePicture(f"It has more than {MAX_PICTURE_PIXELS:,} pixels, the most that are unpacked.")


def _decode(picture: Image.Image, at_least: int | None, pixel_range: PixelRange | None) -> Decoded:
    width, height = picture.size
    turn = _TURNS.get(_orientation(picture))
    if at_least is not None and min(picture.size) > _SPARE * at_least:
        # JPEG can be decoded at a half, a quarter or an eighth of its size; other formats take no notice.
        picture.draft(None, (_SPARE * at_least, _SPARE * at_least))
    # Frames of a JPEG are other views of the same moment, as some cameras take them.
    is_animated = picture.format in ("GIF", "WEBP", "PNG", "TIFF") and bool(getattr(picture, "is_animated", False))
    is_deep = picture.mode.startswith(("I", "F"))
    shades, lowest, highest = to_8_bits(picture, picture.format, pixel_range)
    flat, ground = _flatten(_shrink(shades, at_least))
    if turn is not None:
        flat = flat.transpose(turn)
        if turn in (Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270):
            width, height = height, width
    return Decoded(_to_array(flat), (width, height), ground, is_deep, is_animated, lowest, highest)


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return 1  # A picture with a damaged note about its camera is still a picture.


def to_8_bits(picture: Image.Image, form: str | None, pixel_range: PixelRange | None = None) -> tuple[Image.Image, float, float]:
    """The picture in one of the modes L, LA, RGB and RGBA with white at 255, and its smallest and largest number.

    `form` is the format of its file; `pixel_range` as for `decode_picture`. Raises `UnreadablePicture` for numbers that are none.
    """
    if picture.mode.startswith(("I", "F")):
        return _bring_down(picture, pixel_range)
    return _brighten(_to_plain_mode(picture), form, pixel_range)


def _to_plain_mode(picture: Image.Image) -> Image.Image:
    """The same in one of the modes L, LA, RGB and RGBA."""
    if picture.has_transparency_data:
        return picture.convert("LA" if picture.mode in ("1", "L", "LA") else "RGBA")
    if picture.mode in ("L", "RGB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _bring_down(picture: Image.Image, pixel_range: PixelRange | None) -> tuple[Image.Image, float, float]:
    """A picture of large numbers or fractions in 8 bits, and its smallest and largest number."""
    numbers = np.asarray(picture)
    lowest, highest = float(numbers.min()), float(numbers.max())
    if not np.isfinite([lowest, highest]).all():
        raise UnreadablePicture("It has numbers that are infinite or missing (nan).")
    found = pixel_range or propose_range(lowest, highest, is_whole=picture.mode != "F")
    return Image.fromarray(found.convert(numbers)), lowest, highest


def _brighten(picture: Image.Image, form: str | None, pixel_range: PixelRange | None) -> tuple[Image.Image, float, float]:
    """A picture of 8 bits with white at 255, and its smallest and largest number."""
    # Lossy packing blurs numbers: nobody keeps 0 to 16 in it.
    if form in ("JPEG", "MPO", "WEBP"):
        return picture, 0, 255
    bands = picture.getbands()
    extrema = np.array([picture.getchannel(band).getextrema() for band in bands if band != "A"])
    has_shades = bool((extrema[:, 0] < extrema[:, 1]).any())
    highest = float(extrema.max())
    lowest = float(extrema.min()) if has_shades else highest
    if pixel_range is None and has_shades and highest <= _NEARLY_BLACK:
        pixel_range = propose_range(lowest, highest, is_whole=True)
    if pixel_range is None or pixel_range.black != 0 or pixel_range.white >= 255:
        return picture, lowest, highest
    values = np.arange(256, dtype=np.uint8)
    tables = [values if band == "A" else pixel_range.convert(values.astype(np.int64)) for band in bands]
    return picture.point(np.concatenate(tables).tolist()), lowest, highest


def _shrink(picture: Image.Image, at_least: int | None) -> Image.Image:
    factor = min(picture.size) // (_SPARE * at_least) if at_least is not None else 1
    return picture.reduce(factor) if factor > 1 else picture


def _flatten(picture: Image.Image) -> tuple[Image.Image, int | None]:
    """The picture without see-through parts, and what these were put on: white, or black under ink that is itself light."""
    if picture.mode not in ("LA", "RGBA"):
        return picture, None
    mode = picture.mode.removesuffix("A")
    alpha = picture.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return picture.convert(mode), None
    ground = 0 if _is_light_ink(picture, np.asarray(alpha)) else 255
    background = Image.new(mode, picture.size, (ground,) * len(mode))
    background.paste(picture.convert(mode), mask=alpha)
    return background, ground


def _is_light_ink(picture: Image.Image, alpha: NDArray[np.uint8]) -> bool:
    """Whether it is drawn in light grey or white, which on white would hardly be seen. Of colours that can't be said."""
    pixels = np.asarray(picture)[..., :-1][alpha > alpha.max() // 2].astype(np.int16)
    is_grey = bool((np.ptp(pixels, axis=1) <= _GREY_ENOUGH).all())
    return is_grey and 0 < len(pixels) < alpha.size and bool(np.median(pixels) > 127)


def _to_array(picture: Image.Image) -> Images:
    """Pixels, with one value each if they are all grey: many scans and drawings are saved as colour pictures without any colour."""
    pixels = np.asarray(picture)
    if pixels.ndim == 3 and (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all():
        return np.ascontiguousarray(pixels[..., 0])
    return pixels


def fit_picture(pixels: Images, size: int | None, fit: Fit, colour: Colour) -> Images:
    """Give a picture the shape that all pictures of a set have.

    Args:
        pixels: `uint8`, `(h, w)` or `(h, w, 3)`.
        size: the side of the square to fill; None keeps the picture's own width and height.
        fit: what happens to a picture that is no square.
        colour: grey is luma as ITU-R BT.601 weighs red, green and blue.

    Returns `uint8`, `(size, size)` for grey or `(size, size, 3)` for colour; what has that shape already comes back unchanged.
    """
    height, width = pixels.shape[:2]
    is_right_size = size is None or (height, width) == (size, size)
    if is_right_size and (pixels.ndim == 2) == (colour == Colour.GREY):
        return pixels
    picture = Image.fromarray(pixels).convert("L" if colour == Colour.GREY else "RGB")
    if size is None or is_right_size:
        return np.asarray(picture)
    if fit == Fit.STRETCH:
        return _resized(picture, (size, size))
    if fit == Fit.CROP:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return _resized(picture.crop((left, top, left + side, top + side)), (size, size))
    return _with_margins(picture, size)


def _with_margins(picture: Image.Image, size: int) -> Images:
    """All of the picture in the middle of a square, whose rest has the colour that is usual along the picture's edge."""
    longest = max(picture.size)
    width, height = (max(1, round(side * size / longest)) for side in picture.size)
    left, top = (size - width) // 2, (size - height) // 2
    square = np.empty((size, size, *np.asarray(picture).shape[2:]), dtype=np.uint8)
    square[:] = _edge_colour(np.asarray(picture))
    square[top : top + height, left : left + width] = _resized(picture, (width, height))
    return square


def _edge_colour(pixels: Images) -> Images:
    """The median of each channel over the outermost pixels, `()` or `(3,)`."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour: Images = np.round(np.median(edge, axis=0)).astype(np.uint8)
    return colour


def _resized(picture: Image.Image, size: tuple[int, int]) -> Images:
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=_SPARE))
