"""Where the numbers of an image stand once it is flattened: row by row, from left to right, for colour red, green and blue in turn.

This is NumPy's own order and that of Keras' `Flatten`, so the network's input number `index` is `image.reshape(-1)[index]`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True)
class Place:
    """A number's place in the image. `channel` is 0 for red, 1 for green, 2 for blue, and always 0 in a grey image."""

    row: int
    column: int
    channel: int = 0


@dataclass(frozen=True)
class Flattening:
    """The way between an image of `shape`, `(height, width)` or `(height, width, 3)`, and its numbers in a row."""

    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        return self.shape[1]

    @property
    def channels(self) -> int:
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def length(self) -> int:
        """Numbers in the row."""
        return math.prod(self.shape)

    def index(self, place: Place) -> int:
        """Where a number of the image stands in the row, from 0. Raises `ValueError` outside the image."""
        if not (0 <= place.row < self.shape[0] and 0 <= place.column < self.width and 0 <= place.channel < self.channels):
            raise ValueError(f"{place} in an image of shape {self.shape}")
        return (place.row * self.width + place.column) * self.channels + place.channel

    def place(self, index: int) -> Place:
        """The inverse of `index`. Raises `ValueError` outside the row."""
        if not 0 <= index < self.length:
            raise ValueError(f"index {index} in a row of {self.length} numbers")
        pixel, channel = divmod(index, self.channels)
        return Place(*divmod(pixel, self.width), channel)

    def row(self, row: int) -> range:
        """The indices of a whole row of the image. Raises `ValueError` outside the image."""
        first = self.index(Place(row, 0))
        return range(first, first + self.width * self.channels)

    def pixel(self, row: int, column: int) -> range:
        """The indices of one pixel: one, or three for colour. Raises `ValueError` outside the image."""
        first = self.index(Place(row, column))
        return range(first, first + self.channels)
