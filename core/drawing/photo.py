"""A photo for a network that learned from colour photos: there is no ink to look for, so it is only cropped and made smaller."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.drawing.picture import open_picture


def prepare_photo(source: Path | str | bytes, height: int, width: int) -> NDArray[np.uint8]:
    """The middle of a picture, averaged down to `uint8 (height, width, 3)`. Raises `DrawingError` as `open_picture` does."""
    picture = open_picture(source).convert("RGB")
    return np.asarray(ImageOps.fit(picture, (width, height), Image.Resampling.BOX), dtype=np.uint8)
