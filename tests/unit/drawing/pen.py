"""A pen for tests: draws digits on a canvas as a person does, from the strokes in `strokes.json`.

Coordinates run from 0 to 100 both ways, y downwards. Strokes of more than two points are smoothed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A digit, how it is written, and its strokes: each an array `(n, 2)` of x and y."""

    digit: int
    name: str
    strokes: tuple[Points, ...]


def load_strokes() -> tuple[Drawn, ...]:
    entries = json.loads(Path(__file__).with_name("strokes.json").read_text())
    return tuple(Drawn(entry["digit"], entry["name"], tuple(np.array(stroke, float) for stroke in entry["strokes"])) for entry in entries)


def draw_strokes(
    strokes: tuple[Points, ...], *, side: int = 280, pen: float = 20, size: float = 190, left: float = 45, top: float = 45
) -> NDArray[np.uint8]:
    """A grey canvas `(side, side)` with white strokes, round ends and joints; `size` is the edge of the 100 x 100 square in pixels."""
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = smooth(stroke) * size / 100 + (left, top)
        draw.line([tuple(point) for point in points], fill=255, width=round(pen))
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image)


def smooth(points: Points, steps: int = 8) -> Points:
    """A Catmull-Rom curve through the points (Catmull and Rom 1974); two points stay a straight line."""
    if len(points) < 3:
        return points
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, np.newaxis]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*pieces, points[-1:]])
