"""From ink to an image made the way the network's training images were made.

A network reads what it was trained on: the same size, place, stroke width and grey levels. Each *style* repeats
the steps by which a family of data sets was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.drawing import generic, mnist, uci_digits
from core.drawing.ink import Ink, InkBox, crop_to_ink
from core.drawing.step import Cut, Frame, Rule, Skipped, Step
from core.drawing.style import DrawingStyle
from core.errors import DrawingError

CANVAS = Rule("canvas", "The ink", "As the pen left it, or as it was found in a picture. The frame is the smallest box around it.")
CUT = Rule(
    "box",
    "Cut out the ink",
    "How large and where on the paper somebody writes says nothing about what it is, so only the box around the ink is kept.",
    "Off: everything is scaled, bare paper and all.",
)
DARK = Rule(
    "dark",
    "Dark ink on bright paper",
    "The images that this network learned from show dark ink on bright paper.",
    "Off: the ink stays bright on dark.",
)


@dataclass(frozen=True)
class StyleSteps:
    """How a style prepares what was cut out, and the rules that it follows, in their order."""

    prepare: Callable[[Cut, Frame, Skipped], tuple[Step, ...]]
    rules: tuple[Rule, ...]


STYLES: dict[str, StyleSteps] = {
    "mnist": StyleSteps(mnist.prepare_mnist, mnist.RULES),
    "uci_digits": StyleSteps(uci_digits.prepare_uci_digits, uci_digits.RULES),
    "generic": StyleSteps(generic.prepare_generic, generic.RULES),
}

RULE_KEYS = frozenset(rule.key for rule in (CUT, DARK, *(rule for style in STYLES.values() for rule in style.rules)))
"""All that can be left out in any style."""


@dataclass(frozen=True, eq=False)
class PreparedDrawing:
    """A drawing as the network gets it, and how it came to be.

    Attributes:
        style: the style it was prepared in.
        box: where the ink was on the canvas, in the canvas' pixels.
        steps: the canvas, then one for each of `rules_of(style)`; the last one's image is `image` but for the colour axis.
        image: `uint8`, exactly of the data set's image shape, values 0..`max_value` of the set.
    """

    style: DrawingStyle
    box: InkBox
    steps: tuple[Step, ...]
    image: Ink


def rules_of(style: DrawingStyle) -> tuple[Rule, ...]:
    """What is done to a drawing in this style, in order; each can be left out by its key. Raises `DrawingError` for an unknown style."""
    return (CUT, *_find(style).rules, *((DARK,) if style.is_dark else ()))


def prepare_drawing(
    ink: Ink, style: DrawingStyle, image_shape: tuple[int, ...], max_value: int, skipped: Skipped = frozenset()
) -> PreparedDrawing:
    """Prepare a drawing for a network.

    Args:
        ink: `uint8`, `(height, width)` of any size, 0 for bare paper to 255.
        style: as `core.drawing.style.style_for` finds it for a set.
        image_shape: `(height, width)` for grey images, or `(height, width, 3)` for colour, which gets three equal channels.
        max_value: the largest value a pixel of the data set can take.
        skipped: keys of rules that are left out, to see what they are good for; those of other styles are without effect.

    Raises `DrawingError` if there is (almost) no ink or no such style.
    """
    style_steps = _find(style)
    box, inside = crop_to_ink(ink)
    height, width = ink.shape
    cut = Cut(ink, InkBox(0, 0, height, width), (height, width)) if CUT.key in skipped else Cut(inside, box, (height, width))
    frame = Frame((image_shape[0], image_shape[1]), max_value, style.box_share)
    steps = (Step(CANVAS, ink, 255, box), Step(CUT, cut.ink, 255), *style_steps.prepare(cut, frame, skipped))
    image = steps[-1].image
    if style.is_dark:
        image = image if DARK.key in skipped else max_value - image
        steps = (*steps, Step(DARK, image, max_value))
    if len(image_shape) == 3:
        image = np.repeat(image[..., np.newaxis], image_shape[2], axis=2)
    return PreparedDrawing(style, box, steps, image)


def _find(style: DrawingStyle) -> StyleSteps:
    if style.name not in STYLES:
        raise DrawingError(f"There is no drawing style called {style.name!r}; expected one of {', '.join(STYLES)}.")
    return STYLES[style.name]
