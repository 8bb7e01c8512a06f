"""The diagram of a network: which layers are blocks, how large they are, and what stands on the arrows."""

from __future__ import annotations

import base64
import math
import re
from xml.etree import ElementTree

import pytest

from core.figures.diagram import BAR, DEPTH, FEW_CHANNELS, SIDE, THINNEST, Block, DiagramInfo, build_diagram, draw_diagram
from core.figures.theme import DARK, LIGHT, FigureTheme
from core.networks.layers import (
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    Layer,
    MaxPoolingLayer,
)
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec


def build(*hidden: Layer, shape: tuple[int, ...] = (28, 28)) -> DiagramInfo:
    return build_diagram(plan_layers(TrainingSpec(hidden=hidden), shape, 10))


def test_a_dense_network_is_an_image_and_rows_of_values() -> None:
    scale = SIDE / 28
    assert build(DenseLayer(units=196)).blocks == (
        Block("Image", ("28 x 28",), (), SIDE, SIDE, DEPTH / FEW_CHANNELS, has_weights=False),
        Block("1. Dense", ("ReLU",), ("28 x 28", "in a row: 784"), BAR, 14 * scale, 0.0, has_weights=True),
        Block("Output", ("10 classes",), ("196",), BAR, math.sqrt(10) * scale, 0.0, has_weights=True),
    )


def test_a_shuffle_of_the_pixels_is_told_on_the_way_in() -> None:
    spec = TrainingSpec(hidden=(DenseLayer(units=5),), shuffled_pixels=True)
    assert build_diagram(plan_layers(spec, (28, 28), 10)).blocks[1].way_in == ("28 x 28", "shuffled", "in a row: 784")


def test_a_row_is_as_long_as_the_square_of_as_many_pixels_is_high() -> None:
    image, flat, _ = build(FlattenLayer()).blocks
    assert flat.height == image.height == SIDE


def test_convolutions_get_deeper_and_smaller_to_scale() -> None:
    blocks = build(Conv2DLayer(filters=32), MaxPoolingLayer(), Conv2DLayer(filters=64, stride=2), GlobalAveragePoolingLayer()).blocks
    assert [block.title for block in blocks[1:5]] == ["1. Conv2D", "2. MaxPooling2D", "3. Conv2D", "4. GlobalAveragePooling2D"]
    assert [block.height for block in blocks[:4]] == pytest.approx([SIDE, SIDE, SIDE / 2, SIDE / 4])
    assert [block.depth for block in blocks[1:4]] == pytest.approx([DEPTH / 2, DEPTH / 2, DEPTH])
    assert [block.has_weights for block in blocks] == [False, True, False, True, False, True]
    assert [block.way_in for block in blocks[1:]] == [("28 x 28",), ("28 x 28 x 32",), ("14 x 14 x 32",), ("7 x 7 x 64",), ("64",)]
    assert blocks[3].details == ("3 x 3, stride 2, ReLU",)


def test_layers_that_leave_the_shape_as_it_is_are_named_below_the_one_before() -> None:
    blocks = build(DropoutLayer(rate=0.1), DenseLayer(), BatchNormalizationLayer(), DropoutLayer(rate=0.5)).blocks
    assert [block.title for block in blocks] == ["Image", "2. Dense", "Output"]
    assert blocks[0].details == ("28 x 28", "+ 1. Dropout 10 %")
    assert blocks[1].details == ("ReLU", "+ 3. BatchNormalization", "+ 4. Dropout 50 %")


def test_without_hidden_layers_the_image_goes_straight_to_the_output() -> None:
    image, output = build(shape=(32, 32, 3)).blocks
    assert (image.details, image.depth) == (("32 x 32 x 3",), DEPTH * 3 / FEW_CHANNELS)
    assert output.way_in == ("32 x 32 x 3", "in a row: 3,072")


def test_nothing_is_too_thin_to_be_seen() -> None:
    blocks = build(DenseLayer(units=4096), DenseLayer(units=1)).blocks
    assert min(block.height for block in blocks) == THINNEST
    assert max(block.height for block in blocks) == SIDE


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_drawing_has_each_block_in_the_theme_s_colours_and_all_words_as_text(theme: FigureTheme) -> None:
    info = build(Conv2DLayer(filters=8, padding="valid"), DenseLayer(units=20))
    html = draw_diagram(info, theme)
    words = re.sub(r"<[^>]*>", " ", html.replace("<wbr>", ""))
    for block in info.blocks:
        for text in (block.title, *block.details, *block.way_in):
            assert text in words
    pictures = [base64.b64decode(data).decode() for data in re.findall(r"base64,([^\"]+)", html)]
    faces = [ElementTree.fromstring(picture).findall("{*}polygon") for picture in pictures]
    # Between the blocks are the arrows. An image is a box of three faces, a row is flat.
    assert [len(polygons) for polygons in faces if polygons] == [3, 3, 1, 1]
    assert [polygons[0].get("fill") for polygons in faces if polygons] == [theme.muted, theme.first, theme.first, theme.first]
    assert len(pictures) == 2 * len(info.blocks) - 1


def test_every_corner_is_inside_of_its_picture() -> None:
    html = draw_diagram(build(Conv2DLayer(filters=512, padding="valid"), MaxPoolingLayer(size=8), DenseLayer(units=4096)), LIGHT)
    for data in re.findall(r"base64,([^\"]+)", html):
        picture = ElementTree.fromstring(base64.b64decode(data))
        width, height = float(picture.get("width", 0)), float(picture.get("height", 0))
        for polygon in picture.findall("{*}polygon"):
            corners = [tuple(map(float, pair.split(","))) for pair in str(polygon.get("points")).split()]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in corners)
