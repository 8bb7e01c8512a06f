"""Ink on photographed paper: uneven light, shadows, ruling and all.

A photo has no one grey that parts ink from paper: ink in the light can be lighter than paper in the shadow. So each pixel is compared with
the paper around it. Sizes are parts of the photo's longer side, for what matters is how the figure fills the photo, not the camera.

Sources: the paper's own light is what a morphological closing leaves, which fills all that is darker and narrower than its window
(J. Serra, "Image Analysis and Mathematical Morphology", 1982), and ink is judged by how much of it is missing, as in B. Gatos,
I. Pratikakis and S. J. Perantonis, "Adaptive degraded document image binarization", Pattern Recognition 39, 2006. The threshold is that
of J. Sauvola and M. Pietikainen, "Adaptive document image binarization", Pattern Recognition 33, 2000, section 3.3. Lines of the ruling
are taken out by the length of the runs across them, as from sheets of music: C. Dalitz and others, "A Comparative Study of Staff Removal
Algorithms", IEEE Transactions on Pattern Analysis and Machine Intelligence 30, 2008, section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.drawing.ink import MIN_CONTRAST, Ink, border
from core.drawing.step import Rule, Step

Mask = NDArray[np.bool_]

CLOSING = 1 / 6
"""Side of the window that finds the paper's light: strokes are narrower, and most shadows wider."""

WINDOW = 1 / 8
"""Side of the window of the threshold, wider than a stroke, or its middle would look like paper."""

SENSITIVITY = 0.2
"""Sauvola's k: ink has lost at least about a fifth of the paper's light. The paper's own 0.5 suits print, and loses a pencil."""

DYNAMIC_RANGE = 128
"""Sauvola's R: the largest standard deviation that grey levels up to 255 have."""

CROSSING, RULED, FAMILY = 0.9, 0.6, 3
"""A line that crosses such a part of the photo is no stroke of a figure; one that crosses less, but `RULED`, if at least `FAMILY` do."""

LINE_PIECE = 0.08
"""Length over which a line is straight and level enough to be seen as one."""

THICKEST_LINE = 0.015
"""Width to which a line can be one of the ruling."""

SMALLEST_FIGURE = 1 / 25
"""Length of the longest piece of ink below which there is no figure at all."""

SPECK = 0.03
"""Part of the largest piece's pixels below which a piece is dust."""

PIECE = 0.005
"""Shorter side of a piece that can be a letter. Of the sixteen kinds of photos of one digit in the tests none has more than two such, bits
of slanting ruling among them; photos of three to sixty lines of writing have 80 to 1,500."""

THINNEST_PEN = 0.09
"""Width of a stroke as a part of the figure's height to which thinner ones are widened: about 1.8 of 20 pixels, thin for MNIST.
Of 0 to 0.11, drawn digits in six scenes were read best with it by a plain network: 212 of 216, without any widening 205. The network
that comes with Inkling hardly minds: 213 and 212."""


CHANNEL_SIDE, STRONGER = 250, 1.3
"""Pixels of the photo's longer side at which its channels are compared; how much stronger ink is in one that is taken for the lightness."""

EVENED = Rule(
    "evened",
    "Light evened out",
    "Each point is divided by the paper's own light around it: shadows go, ink stays. Light ink is exchanged with dark first.",
)
PARTED = Rule("parted", "Ink or paper", "White is what lost at least about a fifth of the light that the points around it have.")
CLEANED = Rule("cleaned", "Lines and specks dropped", "Ruling, dust and what reaches in from the edge are no part of a figure.")
WIDENED = Rule(
    "widened",
    "Pen wide enough",
    "A pen that is thin for the size of its figure is widened: a thin line would all but vanish when the figure is made small.",
)


@dataclass(frozen=True, eq=False)
class PaperReading:
    """Ink found on paper, 0 or 255 `(height, width)`, all 0 if there is none, and the stages on the way.

    `pieces` counts those of the size of writing, ruling and dust left out, before any were dropped.
    """

    ink: Ink
    steps: tuple[Step, ...]
    pieces: int


def read_paper(grey: Ink, is_dark: bool | None = None) -> PaperReading:
    """Find the ink on a photographed sheet.

    Args:
        grey: `uint8 (height, width)`; about 1,000 pixels a side are enough.
        is_dark: whether the ink is darker than the paper; None to have it told from the photo (`has_dark_ink`).
    """
    dark = has_dark_ink(grey) if is_dark is None else is_dark
    evened = even_light(grey if dark else 255 - grey)
    found = threshold(evened) if _has_contrast(grey) else np.zeros(grey.shape, dtype=bool)
    cleaned = drop_specks(drop_ruling(found))
    widened = widen_strokes(cleaned)
    masks = ((PARTED, found), (CLEANED, cleaned), (WIDENED, widened))
    steps = (Step(EVENED, evened, 255), *(Step(rule, _as_ink(mask), 255) for rule, mask in masks))
    return PaperReading(steps[-1].image, steps, count_pieces(found))


def choose_channel(colours: NDArray[np.uint8]) -> Ink:
    """The greys of a photo, `uint8 (height, width)`, in which its ink is strongest.

    These are its lightness, unless the ink is clearly stronger in the red, green or blue alone, as that of a red pen on green paper.

    Args:
        colours: `uint8 (height, width, 3)`.
    """
    lightness = np.asarray(Image.fromarray(colours).convert("L"))
    step = max(1, max(lightness.shape) // CHANNEL_SIDE)
    greys = [lightness, *(np.ascontiguousarray(colours[..., channel]) for channel in range(3))]
    usual, *others = (_ink_strength(grey[::step, ::step]) for grey in greys)
    strongest = int(np.argmax(others))
    return greys[1 + strongest] if others[strongest] > STRONGER * usual else lightness


def _ink_strength(grey: Ink) -> float:
    """The light that is missing in the darkest hundredth, 0 to 255: with a normal pen, in the ink."""
    evened = even_light(grey if has_dark_ink(grey) else 255 - grey).ravel()
    darkest = max(1, evened.size // 100)
    return 255 - float(np.partition(evened, darkest)[:darkest].mean())


def has_dark_ink(grey: Ink) -> bool:
    """Whether the few points that differ much from what is around them are darker: the third moment of the differences is negative."""
    from scipy.ndimage import uniform_filter

    small = grey[::4, ::4].astype(np.float32) if min(grey.shape) > 400 else grey.astype(np.float32)
    difference = small - uniform_filter(small, _side(small, 2 * WINDOW))
    return float((difference**3).mean()) <= 0


def even_light(grey: Ink) -> Ink:
    """Grey levels of dark ink on paper as parts of the paper's light, which becomes 255."""
    from scipy.ndimage import gaussian_filter, grey_closing

    # A little blur, so that it is not the noise that decides how light the paper is.
    calm = gaussian_filter(grey, max(grey.shape) / 1000)
    paper = np.maximum(grey_closing(calm, _side(grey, CLOSING), mode="nearest"), MIN_CONTRAST)
    evened: Ink = np.minimum(calm * np.float32(255) / paper, 255).astype(np.uint8)
    return evened


def threshold(evened: Ink) -> Mask:
    """Sauvola's threshold for each pixel: `mean * (1 + k * (deviation / R - 1))` over the window around it."""
    from scipy.ndimage import uniform_filter

    values, side = evened.astype(np.float64), _side(evened, WINDOW)
    mean = uniform_filter(values, side)
    deviation = np.sqrt(np.maximum(uniform_filter(values**2, side) - mean**2, 0))
    ink: Mask = values < mean * (1 + SENSITIVITY * (deviation / DYNAMIC_RANGE - 1))
    return ink


def drop_ruling(mask: Mask, fewest: int = 1) -> Mask:
    """Without lines that cross the whole photo, level or upright, but with the strokes that cross those.

    Fewer lines one way than `fewest` are left: where nobody took a photo, a line can be the bar of a figure on a display.
    """
    level = _find_lines(mask, fewest)
    upright = _find_lines(mask.T, fewest).T
    return mask & ~level & ~upright


def drop_specks(mask: Mask) -> Mask:
    """Without dust, and without what reaches in from the edge, such as the table, unless nothing else is there."""
    from scipy.ndimage import find_objects, label

    pieces, count = label(mask, np.ones((3, 3)))
    if not count:
        return mask
    sizes = np.bincount(pieces.ravel())[1:]
    lengths = np.array([max(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in find_objects(pieces)])
    is_figure = lengths >= SMALLEST_FIGURE * max(mask.shape)
    at_edge = np.isin(np.arange(1, count + 1), border(pieces))
    inside = ~at_edge if (is_figure & ~at_edge).any() else np.ones(count, dtype=bool)
    largest = sizes[inside & is_figure].max(initial=0)
    kept = inside & (sizes >= max(1, SPECK * largest)) & (largest > 0)
    cleaned: Mask = np.concatenate([[False], kept])[pieces]
    return cleaned


def count_pieces(mask: Mask) -> int:
    """How many pieces are as large as small writing, and no thin bits of a line."""
    from scipy.ndimage import find_objects, label

    least = PIECE * max(mask.shape)
    boxes = find_objects(label(mask, np.ones((3, 3)))[0])
    return sum(min(rows.stop - rows.start, columns.stop - columns.start) >= least for rows, columns in boxes)


def widen_strokes(mask: Mask) -> Mask:
    """The same with strokes of at least `THINNEST_PEN` of the largest piece's height, as data sets of digits have them."""
    from scipy.ndimage import distance_transform_edt, find_objects, label

    pieces = find_objects(label(mask, np.ones((3, 3)))[0])
    if not pieces:
        return mask
    wanted = THINNEST_PEN * max(place.stop - place.start for place, _ in pieces)
    # Distances are dear, and there is nothing far from the ink.
    spare = round(wanted) + 1
    rows, columns = zip(*pieces, strict=True)
    around = tuple(slice(max(0, min(p.start for p in axis) - spare), max(p.stop for p in axis) + spare) for axis in (rows, columns))
    inside = mask[around]
    # Across a stroke the distance to its edge rises from 1 to half its width and falls again.
    pen = 4 * float(distance_transform_edt(inside)[inside].mean()) - 2
    missing = (wanted - pen) / 2
    if missing < 0.5:
        return mask
    widened = mask.copy()
    widened[around] = distance_transform_edt(~inside) <= missing
    return widened


def _find_lines(mask: Mask, fewest: int) -> Mask:
    """Pixels of lines that cross the photo from left to right, but for those where something crosses them."""
    from scipy.ndimage import find_objects, label, maximum_filter1d, uniform_filter1d

    length, width = _side(mask, LINE_PIECE), mask.shape[1]
    # Three rows together and a few gaps allowed: lines are not quite level, and not everywhere dark enough.
    dense = uniform_filter1d(maximum_filter1d(mask, 3, axis=0).astype(np.float32), length, axis=1) > 0.7
    pieces, _ = label(maximum_filter1d(dense, length, axis=1), np.ones((3, 3)))
    extents = np.array([0, *(columns.stop - columns.start for _, columns in find_objects(pieces))])
    is_ruled = extents >= RULED * width
    is_line = is_ruled if is_ruled.sum() >= FAMILY else extents >= CROSSING * width
    candidates: Mask = mask & is_line[pieces]
    if not candidates.any() or is_line.sum() < fewest:
        return np.zeros_like(mask)
    runs = _measure_runs(mask)
    thickest = min(1.5 * float(np.median(runs[candidates])) + 1, THICKEST_LINE * max(mask.shape))
    lines: Mask = candidates & (runs <= thickest)
    return lines


def _measure_runs(mask: Mask) -> NDArray[np.int64]:
    """For each inked pixel, how many inked pixels follow one another up and down through it; 0 elsewhere."""
    columns = np.pad(mask.T, ((0, 0), (1, 1)))
    changes = np.flatnonzero(np.diff(columns.ravel().astype(np.int8)))
    lengths = changes[1::2] - changes[::2]
    runs = np.zeros(mask.shape, dtype=np.int64)
    runs.T[mask.T] = np.repeat(lengths, lengths)
    return runs


def _has_contrast(grey: Ink) -> bool:
    low, high = np.percentile(grey, (0.1, 99.9))
    return bool(high - low >= MIN_CONTRAST)


def _side(image: NDArray[np.generic], share: float) -> int:
    """A window's side in pixels, an odd number."""
    return 2 * int(max(image.shape) * share / 2) + 1


def _as_ink(mask: Mask) -> Ink:
    return mask.astype(np.uint8) * np.uint8(255)
