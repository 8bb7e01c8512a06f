"""Opening a picture file that somebody brings: only common formats, only reasonable sizes, and a sentence when it can't be read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageOps

from core.datasets.importing.pictures import FORMATS, READABLE, UnreadablePicture, check_work, to_8_bits
from core.datasets.single_image import MAX_FILE_BYTES
from core.errors import DrawingError
from core.files import check_ends

MAX_PICTURE_PIXELS = 50_000_000
"""Pixels of a picture file, what the largest of phones' cameras take. Checked before anything is unpacked."""

_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError, struct.error, zlib.error)
"""What Pillow's decoders were seen to raise, or may raise, for damaged files: they check less than they assume."""


def open_picture(source: Path | str | bytes, at_most: int | None = None) -> Image.Image:
    """A picture, unpacked, in its own colours; a camera's rotation mark is obeyed, and of an animation the first frame is taken.

    Args:
        source: the path of a file of one of the `FORMATS`, or its bytes.
        at_most: pixels of the longer side; a larger picture is made smaller, which for a JPEG saves most of the unpacking.

    Returns a picture in one of the modes L, LA, RGB and RGBA: 16 bits become 8, and the colours of print those of a screen.
    Raises `DrawingError` if it can't be read, is no such picture, or is larger than `MAX_FILE_BYTES`, `MAX_PICTURE_PIXELS` or what
    `check_work` allows.
    """
    too_large = f"expected at most {MAX_PICTURE_PIXELS:,} in all. Make it smaller."
    try:
        data = source if isinstance(source, bytes) else _read_file(Path(source))
        _check_bytes(len(data))
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PICTURE_PIXELS:
                raise DrawingError(f"The picture has {width:,} x {height:,} pixels; {too_large}")
            check_work(picture, data)
            return _unpack(picture, at_most)
    except UnreadablePicture as error:
        raise DrawingError(f"The picture can't be used. {error}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DrawingError(f"The picture has far too many pixels; {too_large}") from error
    except FileNotFoundError as error:
        raise DrawingError(f"There is no file {source!s}; expected a picture, {READABLE}.") from error
    except _DAMAGE as error:
        raise DrawingError(f"The picture can't be read; expected an undamaged file, {READABLE}.") from error


def _read_file(path: Path) -> bytes:
    """The bytes of a file. Raises `DrawingError` for what is no file or too large, and `FileNotFoundError`."""
    _check_bytes(path.stat().st_size)
    try:
        check_ends(path)
    except OSError as error:
        raise DrawingError(f"The picture can't be read: {error.strerror}. Expected a picture, {READABLE}.") from error
    return path.read_bytes()


def _check_bytes(count: int) -> None:
    if count > MAX_FILE_BYTES:
        raise DrawingError(f"The picture's file has {count:,} bytes; expected at most {MAX_FILE_BYTES:,}. Make the picture smaller.")


def _unpack(picture: Image.Image, at_most: int | None) -> Image.Image:
    if at_most is not None:
        # A JPEG can be unpacked at a half, a quarter or an eighth of its size; other formats take no notice.
        picture.draft(None, (2 * at_most, 2 * at_most))
    unpacked, _, _ = to_8_bits(ImageOps.exif_transpose(picture), picture.format)
    if at_most is not None:
        unpacked.thumbnail((at_most, at_most), Image.Resampling.BOX)
    return unpacked
