"""A camera for tests: photographs of digits on paper, with all that makes them harder to read than a screenshot.

Each difficulty can be had alone, so that a test or a benchmark can say which of them costs how much.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tests.unit.drawing.pen import Points, smooth

Photo = NDArray[np.uint8]

BLUE, BLACK, PENCIL, RED = (30, 50, 130), (25, 25, 30), (95, 95, 100), (165, 30, 40)
WHITE_CHALK, BOARD = (225, 228, 220), (45, 70, 55)


@dataclass(frozen=True)
class Scene:
    """How a photo is taken. Lengths are in thousandths of its width.

    Attributes:
        ink, paper: their colours in full light.
        pen: width of the stroke.
        gradient: how much light is lost from one corner to the opposite one, 0..1.
        shadow: light that is left in the shadow that falls across the paper, 0..1; 1 is none.
        softness: half-width of the shadow's edge.
        noise: standard deviation of the sensor's noise, in grey levels.
        blur: radius of the lens' blur.
        ruling: distance of the lines on the paper; 0 is none.
        squares: whether lines run both ways.
        tilt: how far the far corners come closer together, 0..1, and about as many radians the paper is turned.
    """

    ink: tuple[int, int, int] = BLUE
    paper: tuple[int, int, int] = (235, 232, 224)
    pen: float = 24
    gradient: float = 0.0
    shadow: float = 1.0
    softness: float = 10
    noise: float = 0.0
    blur: float = 0.0
    ruling: float = 0
    squares: bool = False
    tilt: float = 0.0


SCENES = {
    "even light": Scene(),
    "uneven light": Scene(gradient=0.6),
    "a soft shadow": Scene(shadow=0.5, softness=40, gradient=0.2),
    "a sharp shadow": Scene(shadow=0.45, softness=3),
    "noise": Scene(noise=14),
    "blur": Scene(blur=6),
    "pencil": Scene(ink=PENCIL, pen=12, gradient=0.3, noise=4),
    "ballpoint": Scene(pen=7, gradient=0.3, noise=4),
    "marker": Scene(ink=BLACK, pen=60, gradient=0.4, noise=4),
    "ruled paper": Scene(ruling=62, gradient=0.3, noise=4, pen=16),
    "squared paper": Scene(ruling=48, squares=True, gradient=0.3, noise=4, pen=16),
    "tilted": Scene(tilt=0.06, gradient=0.3, noise=4),
    "tilted ruled paper": Scene(tilt=0.04, ruling=62, gradient=0.3, noise=4, pen=16),
    "chalk on a board": Scene(ink=WHITE_CHALK, paper=BOARD, gradient=0.4, noise=6),
    "dim": Scene(ink=RED, paper=(110, 104, 90), gradient=0.5, noise=6),
    "all of it": Scene(gradient=0.4, shadow=0.6, softness=15, noise=6, blur=1.5, ruling=70, tilt=0.04, pen=18),
}


def photograph(strokes: tuple[Points, ...], scene: Scene, rng: np.random.Generator, *, width: int = 1000, height: int = 1000) -> Photo:
    """A colour photo `uint8 (height, width, 3)` of a digit in the middle of the paper, about half as high as the photo."""
    unit = width / 1000
    ink = _draw_ink(strokes, scene, unit, width, height, rng)
    lines = _draw_ruling(scene, unit, width, height)
    paper, pen = (np.array(colour, np.float32) for colour in (scene.paper, scene.ink))
    line = paper * 0.55 + np.array([60, 110, 190], np.float32) * 0.45
    sheet = paper + lines[..., None] * (line - paper)
    sheet += ink[..., None] * (pen - sheet)
    seen = sheet * _light(scene, unit, width, height, rng)[..., None] + rng.normal(0, scene.noise, (height, width, 1))
    picture = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))
    return np.asarray(_tilt(picture, scene.tilt, rng))


def saved(pixels: Photo, file_format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


def _draw_ink(
    strokes: tuple[Points, ...], scene: Scene, unit: float, width: int, height: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """How much ink covers each pixel, 0..1."""
    size = height * rng.uniform(0.45, 0.6)
    corner = np.array([(width - size) / 2, (height - size) / 2]) + rng.uniform(-0.08, 0.08, 2) * (width, height)
    layer = Image.new("L", (width, height))
    draw, radius = ImageDraw.Draw(layer), scene.pen * unit / 2
    for stroke in strokes:
        points = smooth(stroke) * size / 100 + corner
        draw.line([tuple(point) for point in points], fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(layer.filter(ImageFilter.GaussianBlur(scene.blur * unit + 0.6)), np.float32) / 255


def _draw_ruling(scene: Scene, unit: float, width: int, height: int) -> NDArray[np.float32]:
    lines = Image.new("L", (width, height))
    if scene.ruling:
        draw, thick, step = ImageDraw.Draw(lines), max(1, round(2.2 * unit)), scene.ruling * unit
        for y in np.arange(step / 2, height, step):
            draw.line((0, y, width, y), fill=255, width=thick)
        for x in np.arange(step / 2, width, step) if scene.squares else ():
            draw.line((x, 0, x, height), fill=255, width=thick)
    return np.asarray(lines, np.float32) / 255


def _light(scene: Scene, unit: float, width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The share of light that falls on each pixel: less towards one corner, and less behind a slanting edge."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / (height, width)[0]
    light = 1 - scene.gradient * (x + y) / 2
    slant = rng.uniform(-0.4, 0.4)
    behind = ((x - rng.uniform(0.35, 0.65)) + slant * (y - 0.5)) * 1000 / scene.softness
    return light * (scene.shadow + (1 - scene.shadow) / (1 + np.exp(np.clip(behind, -50, 50))))


def _tilt(picture: Image.Image, tilt: float, rng: np.random.Generator) -> Image.Image:
    """As seen from the side: a perspective view of the middle of the picture, slightly turned."""
    if not tilt:
        return picture
    width, height = picture.size
    corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0)], float) - 0.5
    corners *= 1 - 2 * tilt
    corners[:2, 1] *= 1 - 2 * tilt
    angle = rng.uniform(-tilt, tilt)
    corners = corners @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) + 0.5
    return picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        _perspective(corners * (width, height), width, height),
        Image.Resampling.BICUBIC,
    )


def _perspective(source: NDArray[np.float64], width: int, height: int) -> list[float]:
    """The eight coefficients with which Pillow takes the corners of the new picture from these of the old one."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip([(0, 0), (0, height), (width, height), (width, 0)], source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return list(np.linalg.solve(np.array(rows, float), np.array(wanted)))
