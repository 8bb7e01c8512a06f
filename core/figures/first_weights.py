"""The first layer's weights as pictures: what each unit or filter looks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.curves import round_up
from core.figures.theme import FigureTheme
from core.networks.plan import plan_layers
from core.networks.shuffling import pixel_order
from core.networks.spec import TrainingSpec
from core.training.events import Glimpsed
from core.training.glimpses import picture_weights

_CLEAR_OF_OUTLIERS = 99.5
"""Percentile of the sizes of the weights that gets the full colour: one huge weight must not make all others pale."""

_MEASURED = 3
"""Arrays that a standardising layer has before the first weights: mean, variance and count."""

_LEVELS = 255
"""Shades of the colour scale: odd, so that one of them is 0."""


@dataclass(frozen=True, eq=False)
class FirstWeightsInfo:
    """The weights of the first layer with any, or of its first 64 units or filters.

    Attributes:
        layer: its name, as Keras has it.
        pictures: `float32`, `(n, height, width)`, or `(n, height, width, 3)` where the images have colours.
        extent: the weight that gets the full colour, either way.
        is_filter: whether each is moved over the image; otherwise it lies over all of it.
        step: how many steps had been taken.
    """

    layer: str
    pictures: NDArray[np.float32]
    extent: float
    is_filter: bool
    step: int

    @property
    def has_colours(self) -> bool:
        return self.pictures.ndim == 4

    @property
    def noun(self) -> str:
        return "filter" if self.is_filter else "unit"


def build_first_weights(glimpse: Glimpsed) -> FirstWeightsInfo | None:
    """The pictures of one look; None where that layer does not see the image itself."""
    pictures = np.frombuffer(glimpse.first_weights, "<f2").reshape(glimpse.first_shape)
    name = glimpse.layers[0].name
    return _build(name, pictures, is_filter=name.startswith("conv"), step=glimpse.step)


def find_first_weights(
    spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, weights: Sequence[NDArray[np.float32]], step: int = 0
) -> FirstWeightsInfo | None:
    """The same of a network's weights, such as those at the end of an epoch.

    Args:
        weights: all of the network, in Keras' order.
        step: how many steps had been taken.
    """
    layer = next(step for step in plan_layers(spec, image_shape, class_count) if step.has_kernel)
    candidates = weights[_MEASURED:] if spec.scaling.startswith("standardise") else weights
    kernel = next(array for array in candidates if array.ndim >= 2)
    pictures = picture_weights(kernel, image_shape, pixel_order(spec, image_shape))
    return _build(layer.name, pictures, is_filter=layer.kind == "conv2d", step=step)


def _build(layer: str, pictures: NDArray[np.float16], *, is_filter: bool, step: int) -> FirstWeightsInfo | None:
    if not pictures.size:
        return None
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    shown = pictures.astype(np.float32)
    return FirstWeightsInfo(layer, shown, round_up(float(np.percentile(np.abs(shown), _CLEAR_OF_OUTLIERS))), is_filter, step)


def colour_weights(info: FirstWeightsInfo, theme: FigureTheme) -> Images:
    """The pictures as colours, `uint8 (n, height, width, 3)`.

    Of grey images: from the theme's second colour (negative) through the page's own (0) to its first (positive).
    Of colour images: the weights of red, green and blue mixed to one colour, in which middle grey is 0.
    """
    shares = np.clip(info.pictures / info.extent, -1, 1)
    if info.has_colours:
        mixed: Images = np.rint((shares + 1) * 127.5).astype(np.uint8)
        return mixed
    coloured: Images = _table(theme)[np.rint((shares + 1) / 2 * (_LEVELS - 1)).astype(np.intp)]
    return coloured


def scale_colours(info: FirstWeightsInfo, theme: FigureTheme) -> tuple[str, str, str]:
    """The colours of the lower end, of 0 and of the upper end of the scale, as `#rrggbb`."""
    return ("#000000", "#808080", "#ffffff") if info.has_colours else (theme.second, theme.background, theme.first)


def describe_first_weights(info: FirstWeightsInfo) -> str:
    """Which ones are shown, and which of them stands out."""
    sizes = np.sqrt(np.square(info.pictures).reshape(len(info.pictures), -1).mean(axis=1))
    strongest, weakest = int(sizes.argmax()) + 1, int(sizes.argmin()) + 1
    count = f"{len(info.pictures)} {info.noun}{'s' if len(info.pictures) != 1 else ''}"
    words = f"{count} of the layer {info.layer} after step {info.step:,}"
    if len(info.pictures) == 1 or sizes.max() == sizes.min():
        return f"{words}."
    return f"{words}. {info.noun.capitalize()} {strongest} has the largest weights, {info.noun} {weakest} the smallest."


def describe_unit(info: FirstWeightsInfo, place: int) -> str:
    """One unit or filter in numbers; `place` counts from 0."""
    picture = info.pictures[place]
    high, low = (np.unravel_index(int(index), picture.shape) for index in (picture.argmax(), picture.argmin()))
    return (
        f"{info.noun.capitalize()} {place + 1}: the largest weight is {_signed(picture[high])} at row {high[0]}, column {high[1]}, "
        f"the smallest {_signed(picture[low])} at row {low[0]}, column {low[1]}."
    )


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")


def _table(theme: FigureTheme) -> Images:
    colours = LinearSegmentedColormap.from_list("weights", [theme.second, theme.background, theme.first], N=_LEVELS)
    table: Images = np.rint(255 * colours(np.linspace(0, 1, _LEVELS))[:, :3]).astype(np.uint8)
    return table
