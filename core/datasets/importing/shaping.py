"""From a picture as it came to one of the set: its numbers made pixels, turned, and given the size and colours that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.datasets.importing.options import Colour, Fit, Turn
from core.datasets.importing.pictures import fit_picture
from core.datasets.importing.pixel_range import PixelRange

_AT_ONCE = 256
_BYTES_AT_ONCE = 1 << 21
_QUARTERS = {Turn.NONE: 0, Turn.LEFT: 1, Turn.HALF: 2, Turn.RIGHT: 3}


@dataclass(frozen=True)
class Shaping:
    """What becomes of each picture. `is_kept` says that its numbers are pixels of the set already."""

    size: int | None
    fit: Fit
    colour: Colour
    turn: Turn
    mirror: bool
    pixel_range: PixelRange
    is_kept: bool = False

    def one(self, pixels: Images) -> Images:
        """A picture, `uint8`, up to 255, as the set wants it."""
        return fit_picture(self.turned(pixels), self.size, self.fit, self.colour)

    def many(self, numbers: NDArray[Any]) -> Images:
        """Pictures of one shape, numbers `(k, h, w)` or `(k, h, w, 3)`, as the set wants them."""
        at_once = max(1, min(_AT_ONCE, _BYTES_AT_ONCE // max(1, numbers[:1].nbytes)))
        parts = [self._shape(numbers[first : first + at_once]) for first in range(0, len(numbers), at_once)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def turned(self, pixels: NDArray[Any], axes: tuple[int, int] = (0, 1)) -> NDArray[Any]:
        """Mirrored from left to right, then turned, if that was asked for."""
        mirrored = np.flip(pixels, axes[1]) if self.mirror else pixels
        return np.ascontiguousarray(np.rot90(mirrored, _QUARTERS[self.turn], axes)) if self.mirror or self.turn != Turn.NONE else pixels

    def _shape(self, numbers: NDArray[Any]) -> Images:
        pixels = self.turned(numbers.astype(np.uint8) if self.is_kept else self.pixel_range.convert(numbers), (1, 2))
        height, width = pixels.shape[1:3]
        if self.size in (None, height) and height == width and (pixels.ndim == 3) == (self.colour == Colour.GREY):
            return pixels
        # Nothing of a square is cut or left empty, and stretching takes a fraction of the time that working out its margins does.
        fit = Fit.STRETCH if height == width else self.fit
        return np.stack([fit_picture(picture, self.size, fit, self.colour) for picture in pixels])
