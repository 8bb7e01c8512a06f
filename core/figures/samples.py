"""Images of a data set: many in one grid with a label under each, one large, or one as its numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.lettering import Word, letter, measure, shorten
from core.figures.theme import FigureTheme

COLOUR_MAPS = {"gray": "White on black", "gray_r": "Black on white", "viridis": "Viridis", "magma": "Magma", "cividis": "Cividis"}
"""Matplotlib's name of a colour map for grey images, and what it is called on a page. The last three are even in brightness."""

MAX_GRID = 10
"""Rows and columns of a grid at most."""

DPI = 160

_ALONE = 340
"""Pixels across, of one image by itself."""

_WIDTH = 1200
"""Pixels across a grid, about. It follows from the columns exactly, for every pixel of an image becomes a whole number of them."""

_FEW = 3
"""Columns below which a grid gets narrower instead of its images larger."""

_GAP, _LETTER, _SMALLEST, _LEADING = 0.12, 0.2, 0.12, 1.35
"""In widths of a tile: the gap, the size of letters, the least they are shrunk to. In letters: the distance of lines."""


class Mark(StrEnum):
    """What a label says about its image."""

    PLAIN = "plain"
    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True)
class GridLabel:
    """The text under an image: one line or several, and whether it is a verdict."""

    lines: tuple[str, ...]
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, eq=False)
class SampleGridInfo:
    """A grid of images.

    Attributes:
        images: `uint8`, `(n, height, width)` or `(n, height, width, 3)`.
        labels: one for each image, already shortened to the width of its tile.
        letter_size: size of the letters, in widths of a tile.
        columns: images in a row.
        max_value: the value shown as the colour map's end.
        colour_map: a key of `COLOUR_MAPS`; without effect on colour images.
    """

    images: Images
    labels: tuple[GridLabel, ...]
    letter_size: float
    columns: int
    max_value: int
    colour_map: str


class _Layout(NamedTuple):
    """Sizes in pixels of the composed picture. `strip` is the room for text under a tile, `letter` the size of its letters."""

    columns: int
    rows: int
    tile_width: int
    tile_height: int
    gap: int
    strip: int
    letter: float

    @property
    def width(self) -> int:
        return self.columns * (self.tile_width + self.gap)

    @property
    def height(self) -> int:
        return self.rows * (self.tile_height + self.strip + self.gap)

    def corner(self, index: int) -> tuple[int, int]:
        """Top and left of a tile."""
        row, column = divmod(index, self.columns)
        return row * (self.tile_height + self.strip + self.gap), self.gap // 2 + column * (self.tile_width + self.gap)


def build_sample_grid(
    images: Images, labels: Sequence[GridLabel | str], *, columns: int, max_value: int = 255, colour_map: str = "gray"
) -> SampleGridInfo:
    """Arrange images in rows of `columns`. Where a text is too wide for its tile, all letters shrink; if it still is, it is cut with "…".
    Where all texts are empty, no room is left for them.

    Raises `ValueError` unless there is at least one image, one label for each, and no more than `MAX_GRID` rows and columns.
    """
    if not 1 <= columns <= MAX_GRID or not 1 <= len(images) <= columns * MAX_GRID or len(labels) != len(images):
        raise ValueError(f"{len(images)} images, {len(labels)} labels, {columns} columns; expected one label each, at most 10 x 10")
    whole = [label if isinstance(label, GridLabel) else GridLabel((label,) if label else ()) for label in labels]
    room = 1 + 0.4 * _GAP
    widest = max((measure(line) for label in whole for line in label.lines), default=0)
    size = float(np.clip(room / max(widest, 1), _SMALLEST, _LETTER))
    short = tuple(GridLabel(tuple(shorten(line, room / size) for line in label.lines), label.mark) for label in whole)
    return SampleGridInfo(images, short, size, min(columns, len(images)), max_value, colour_map)


def draw_sample_grid(info: SampleGridInfo, theme: FigureTheme) -> Figure:
    """The grid as one picture, with the labels as one shape of each colour: fast at any number."""
    tiles = _colour_tiles(info)
    layout = _lay_out(info, tiles.shape[1], tiles.shape[2])
    figure = Figure(figsize=(layout.width / DPI, layout.height / DPI), dpi=DPI, facecolor="none")
    figure.add_artist(_Picture(_compose(info, tiles, layout, theme)))
    to_figure = Affine2D().scale(1 / layout.width, -1 / layout.height).translate(0, 1) + figure.transFigure
    for mark, colour in _mark_colours(theme).items():
        words = [word for index, label in enumerate(info.labels) if label.mark == mark for word in _place(label, index, layout)]
        figure.add_artist(PathPatch(letter(words), facecolor=colour, linewidth=0, transform=to_figure))
    return figure


class _Picture(Artist):
    """A picture `(height, width, 4)` as large as its figure, pixel by pixel: `imshow` would spend ten times as long on resampling it."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        super().__init__()
        self._picture = picture

    def draw(self, renderer: RendererBase) -> None:
        context = renderer.new_gc()
        # Renderers count rows from the bottom.
        renderer.draw_image(context, 0, 0, self._picture[::-1])
        context.restore()


def figure_bytes(figure: Figure, file_format: Literal["png", "svg"]) -> bytes:
    """The figure as a file. PNG has the figure's own resolution; SVG has its letters as outlines and needs no font."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "inkling"}):
        if file_format == "png":
            figure.savefig(buffer, format="png", dpi=figure.dpi, transparent=True, pil_kwargs={"compress_level": 1})
        else:
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _lay_out(info: SampleGridInfo, tile_height: int, tile_width: int) -> _Layout:
    size = info.letter_size * tile_width
    lines = max(len(label.lines) for label in info.labels)
    strip = round(size * (_LEADING * lines + 0.15))
    return _Layout(info.columns, -(-len(info.images) // info.columns), tile_width, tile_height, round(_GAP * tile_width), strip, size)


def _colour_tiles(info: SampleGridInfo) -> NDArray[np.uint8]:
    """All images in colour, `(n, height, width, 3)`, enlarged by a whole factor."""
    images = info.images if info.images.ndim == 4 else colour_image(info.images, info.max_value, info.colour_map)
    wanted = _WIDTH / (max(info.columns, _FEW) * (1 + _GAP))
    factor = max(1, round(wanted / images.shape[2]))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def paint_image(image: Images, max_value: int, theme: FigureTheme) -> NDArray[np.uint8]:
    """One image, `uint8 (height, width)` or `(height, width, 3)`, enlarged by a whole factor, in a thin frame: RGB, `(h, w, 3)`."""
    colours = image if image.ndim == 3 else colour_image(image, max_value, "gray")
    factor = max(1, round(_ALONE / image.shape[1]))
    painted = colours.repeat(factor, axis=0).repeat(factor, axis=1)
    line, thin = _bytes(theme.line), max(1, painted.shape[1] // 80)
    for edge in (painted[:thin], painted[-thin:], painted[:, :thin], painted[:, -thin:]):
        edge[:] = line
    return painted


def colour_image(values: NDArray[np.uint8], max_value: int, colour_map: str) -> NDArray[np.uint8]:
    """Grey values 0..`max_value` of any shape as colours, with a last axis of 3."""
    # Rounded here: matplotlib's own bytes are off by one for some greys.
    table = np.rint(255 * matplotlib.colormaps[colour_map](np.linspace(0, 1, max_value + 1))[:, :3]).astype(np.uint8)
    coloured: NDArray[np.uint8] = table[values]
    return coloured


def _compose(info: SampleGridInfo, tiles: NDArray[np.uint8], layout: _Layout, theme: FigureTheme) -> NDArray[np.uint8]:
    """All tiles in one RGBA picture, transparent between them, each in a frame: thin, or thick for a wrong one."""
    picture = np.zeros((layout.height, layout.width, 4), dtype=np.uint8)
    thin = max(1, layout.tile_width // 80)
    for index, (tile, label) in enumerate(zip(tiles, info.labels, strict=True)):
        top, left = layout.corner(index)
        cell = picture[top : top + layout.tile_height, left : left + layout.tile_width]
        frame = 3 * thin if label.mark == Mark.WRONG else thin
        cell[:] = (*_bytes(theme.wrong if label.mark == Mark.WRONG else theme.line), 255)
        cell[frame:-frame, frame:-frame, :3] = tile[frame:-frame, frame:-frame]
    return picture


def _place(label: GridLabel, index: int, layout: _Layout) -> list[Word]:
    top, left = layout.corner(index)
    middle, first = left + layout.tile_width / 2, top + layout.tile_height + layout.letter * 1.1
    return [Word(line, middle, first + number * layout.letter * _LEADING, layout.letter) for number, line in enumerate(label.lines)]


def _mark_colours(theme: FigureTheme) -> dict[Mark, str]:
    return {Mark.PLAIN: theme.foreground, Mark.RIGHT: theme.right, Mark.WRONG: theme.wrong}


def _bytes(colour: str) -> tuple[int, ...]:
    return tuple(round(part * 255) for part in to_rgb(colour))


@dataclass(frozen=True, eq=False)
class ImageInfo:
    """One image, `uint8`, `(height, width)` or `(height, width, 3)`, with its title. `max_value` is the end of the value scale."""

    image: Images
    title: str
    max_value: int = 255
    colour_map: str = "gray"


def draw_image(info: ImageInfo, theme: FigureTheme) -> Figure:
    """One image large, with its pixels numbered along the edges, and for grey images a scale of their values."""
    figure = Figure(figsize=(5.4, 4.8), dpi=DPI, facecolor="none")
    # Fixed places: matplotlib's own layout would draw everything several times to find them.
    is_grey = info.image.ndim == 2
    axes = figure.add_axes((0.1, 0.11, 0.72 if is_grey else 0.86, 0.8))
    drawn = axes.imshow(info.image, cmap=info.colour_map if is_grey else None, vmin=0, vmax=info.max_value, interpolation="nearest")
    axes.set_title(info.title, color=theme.foreground, fontsize=15, pad=10)
    axes.set_xlabel("column", color=theme.muted)
    axes.set_ylabel("row", color=theme.muted)
    scales = [axes]
    if is_grey:
        bar = figure.colorbar(drawn, cax=figure.add_axes((0.85, 0.15, 0.035, 0.72)))
        bar.set_label("pixel value", color=theme.muted)
        bar.outline.set_edgecolor(theme.line)
        bar.ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        scales.append(bar.ax)
    for scale in scales:
        scale.tick_params(colors=theme.muted, labelsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(8, integer=True))
    axes.spines[:].set_color(theme.line)
    return figure


def pixel_table(image: Images, channel: int | None = None) -> pd.DataFrame:
    """The numbers of a grey image, or of one channel (0 red, 1 green, 2 blue) of a colour image, rows and columns named by pixel index.

    Raises `ValueError` if a colour image comes without a channel, or a grey one with one.
    """
    if (image.ndim == 3) != (channel is not None):
        raise ValueError(f"an image of shape {image.shape} and channel {channel}; expected a channel for colour images only")
    values = image if channel is None else image[..., channel]
    return pd.DataFrame(
        values, index=pd.RangeIndex(values.shape[0], name="row"), columns=[str(column) for column in range(values.shape[1])]
    )
