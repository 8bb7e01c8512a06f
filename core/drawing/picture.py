"""Opening a picture file that somebody brings: only common formats, only reasonable sizes, and a sentence when it can't be read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import DrawingError

MAX_PICTURE_PIXELS = 24_000_000
"""Pixels of a picture file, about what a phone's camera takes. Checked before anything is unpacked."""

PICTURE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")

_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError, struct.error, zlib.error)
"""What Pillow's decoders were seen to raise, or may raise, for damaged files: they check less than they assume."""


def open_picture(source: Path | str | bytes) -> Image.Image:
    """A picture, unpacked, in its own colours; a camera's rotation mark is obeyed, and of an animation the first frame is taken.

    Args:
        source: the path of a PNG, JPEG, BMP, GIF or WebP file, or its bytes.

    Raises `DrawingError` if it can't be read, is no such picture, or is larger than `MAX_PICTURE_PIXELS`.
    """
    too_large = f"expected at most {MAX_PICTURE_PIXELS:,} in all. Make it smaller."
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=PICTURE_FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PICTURE_PIXELS:
                raise DrawingError(f"The picture has {width:,} x {height:,} pixels; {too_large}")
            picture.load()
            return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DrawingError(f"The picture has far too many pixels; {too_large}") from error
    except FileNotFoundError as error:
        raise DrawingError(f"There is no file {source!s}; expected a picture, one of {', '.join(PICTURE_FORMATS)}.") from error
    except _DAMAGE as error:
        raise DrawingError(f"The picture can't be read; expected an undamaged file, one of {', '.join(PICTURE_FORMATS)}.") from error
