"""A network as blocks to scale, with the shapes of what flows between them.

It is HTML, and not one picture, so that it goes on in the next line where the page is narrow, and its text stays text:
it grows with the browser's letters and can be read aloud.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from core.figures.theme import FigureTheme
from core.networks.activations import ACTIVATIONS
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    MaxPoolingLayer,
)
from core.networks.plan import Shape, Step

SIDE = 72
"""Pixels on the longest side of the largest block."""

DEPTH = 24
"""Pixels from the front to the back of the block with the most channels."""

BAR = 10
"""Pixels across a block that is a row of values."""

FEW_CHANNELS = 16
"""Channels that are as deep as `DEPTH` where there are no more than that: a grey image alone is thin."""

THINNEST = 2
"""Pixels: what is less would not be seen."""

_SLANT = 0.5
"""Of the depth, how much it goes up on the way back."""


@dataclass(frozen=True)
class Block:
    """What is drawn for one layer. Sizes in pixels.

    Attributes:
        title: the layer, hidden ones with their place as in the form.
        details: lines below it: its settings, and layers after it that leave the shape as it is.
        way_in: what flows into it: the shape, and how it was changed on the way. Empty for the image itself.
        width, height, depth: of what it makes. A row of values has no depth.
        has_weights: whether it learns, and so is filled.
    """

    title: str
    details: tuple[str, ...]
    way_in: tuple[str, ...]
    width: float
    height: float
    depth: float
    has_weights: bool


@dataclass(frozen=True)
class DiagramInfo:
    """The network from the image to the output."""

    blocks: tuple[Block, ...]


def build_diagram(steps: Sequence[Step]) -> DiagramInfo:
    """Measure the blocks of a network as `plan_layers` lists it.

    All have the same scale: an image of 28 x 28 pixels is a square, and a row of 784 values is as long as that square is high, since
    28 x 28 values are in it. Depth is by channels, with a scale of its own. Layers that are put in by themselves are words on the way.
    """
    longest = max(max(_extent(step.output_shape)) for step in steps if _is_drawn(step))
    deepest = max(FEW_CHANNELS, *(_channels(step.output_shape) for step in steps))
    blocks: list[Block] = []
    on_the_way: list[str] = []
    for step in steps:
        if isinstance(step.layer, (DropoutLayer, BatchNormalizationLayer)):
            blocks[-1] = replace(blocks[-1], details=(*blocks[-1].details, f"+ {_title(step)} {_detail(step)}".rstrip()))
        elif _is_drawn(step):
            blocks.append(_measure(step, SIDE / longest, DEPTH / deepest, tuple(on_the_way)))
            on_the_way = [_in_words(step.output_shape)]
        elif step.kind == "flatten":
            on_the_way.append(f"in a row: {_in_words(step.output_shape)}")
        elif step.kind == "shuffle":
            on_the_way.append("shuffled")
    return DiagramInfo(tuple(blocks))


def draw_diagram(info: DiagramInfo, theme: FigureTheme) -> str:
    """The diagram as one piece of HTML, in lines as long as there is room for."""
    items = "".join(_draw_item(block, theme) for block in info.blocks)
    return (
        f'<div role="list" aria-label="The network, layer by layer" style="display:flex;flex-wrap:wrap;gap:14px 6px;'
        f'color:{theme.foreground};font-size:13px;line-height:1.35">{items}</div>'
    )


def _is_drawn(step: Step) -> bool:
    return step.layer is not None or step.kind in ("image", "output")


def _measure(step: Step, scale: float, depth_scale: float, way_in: tuple[str, ...]) -> Block:
    shape = step.output_shape
    height, width = (max(THINNEST, scale * side) for side in _extent(shape))
    is_row = len(shape) == 1
    return Block(
        _title(step),
        tuple(filter(None, [_detail(step)])),
        way_in,
        BAR if is_row else width,
        height,
        0.0 if is_row else depth_scale * _channels(shape),
        step.has_kernel,
    )


def _extent(shape: Shape) -> tuple[float, float]:
    """Height and width of the front, in pixels of an image. A row is as long as the side of the square with as many pixels."""
    return (math.sqrt(shape[0]), 0.0) if len(shape) == 1 else (shape[0], shape[1])


def _channels(shape: Shape) -> int:
    return shape[2] if len(shape) == 3 else 1


def _title(step: Step) -> str:
    if step.layer is None:
        return step.kind.capitalize()
    return f"{(step.place or 0) + 1}. {step.layer.title}"


def _detail(step: Step) -> str:
    """What a layer's title does not say yet, in a word or two."""
    match step.layer:
        case DenseLayer() as layer:
            return ACTIVATIONS[layer.activation].title
        case Conv2DLayer() as layer:
            stride = f", stride {layer.stride}" if layer.stride > 1 else ""
            return f"{layer.kernel} x {layer.kernel}{stride}, {ACTIVATIONS[layer.activation].title}"
        case MaxPoolingLayer(size=size) | AveragePoolingLayer(size=size):
            return f"{size} x {size}"
        case DropoutLayer(rate=rate):
            return f"{rate * 100:g} %"
        case None if step.kind == "output":
            return f"{step.output_shape[0]:,} classes"
        case None:
            return _in_words(step.output_shape)
        case _:
            return ""


def _in_words(shape: Shape) -> str:
    return " x ".join(f"{side:,}" for side in shape)


def _draw_item(block: Block, theme: FigureTheme) -> str:
    """The arrow into a block and the block, which stay together when the line is full."""
    arrow = _draw_arrow(block.way_in, theme) if block.way_in else ""
    words = "".join(f"<div>{_breakable(detail)}</div>" for detail in block.details)
    return (
        f'<div role="listitem" style="display:flex;gap:6px">{arrow}<div style="max-width:112px">{_draw_block(block, theme)}'
        f'<div style="font-weight:600">{_breakable(block.title)}</div><div style="color:{theme.muted}">{words}</div></div></div>'
    )


def _breakable(text: str) -> str:
    """Long names may go on in the next line before their capitals."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", escape(text))


def _draw_arrow(words: Sequence[str], theme: FigureTheme) -> str:
    """The words above and below an arrow, which is as high as the middle of the blocks."""
    half = _picture_height() / 2
    above, *below = (f'<div style="white-space:nowrap">{escape(line)}</div>' for line in words)
    head = f'<path d="M0 5h26m-6 -4l6 4l-6 4" fill="none" stroke="{theme.muted}" stroke-width="1.5"/>'
    return (
        f'<div style="color:{theme.muted};font-size:12px;text-align:center;padding-top:{half - 22:.0f}px">'
        f"{above}{_picture(28, 10, head)}{''.join(below)}</div>"
    )


def _draw_block(block: Block, theme: FigureTheme) -> str:
    """A box seen from the front and slightly from above, in the middle of a picture that is equally high for all."""
    back, up = block.depth, block.depth * _SLANT
    left, top = 1.0, (_picture_height() - block.height + up) / 2
    right, bottom = left + block.width, top + block.height
    front = [(left, top), (right, top), (right, bottom), (left, bottom)]
    roof = [(left, top), (left + back, top - up), (right + back, top - up), (right, top)]
    wall = [(right, top), (right + back, top - up), (right + back, bottom - up), (right, bottom)]
    faces = [(front, 0.55)] if back < 1 else [(front, 0.55), (roof, 0.3), (wall, 0.4)]
    colour = theme.first if block.has_weights else theme.muted
    shapes = "".join(_draw_face(corners, colour, opacity if block.has_weights else 0.0) for corners, opacity in faces)
    return _picture(math.ceil(right + back + 1), _picture_height(), shapes)


def _draw_face(corners: Sequence[tuple[float, float]], colour: str, opacity: float) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}" fill="{colour}" fill-opacity="{opacity}" stroke="{colour}" stroke-width="1.2"/>'


def _picture(width: int, height: int, shapes: str) -> str:
    """An SVG as an image: pages let no drawing inside of HTML through. It says nothing that the text beside it does not."""
    document = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shapes}</svg>'
    data = base64.b64encode(document.encode()).decode()
    return f'<img alt="" src="data:image/svg+xml;base64,{data}" style="display:inline-block;vertical-align:top">'


def _picture_height() -> int:
    return math.ceil(SIDE + DEPTH * _SLANT + 2)
