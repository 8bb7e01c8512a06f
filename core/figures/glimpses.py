"""What a network takes a dozen images for while it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.figures.numbers import format_count
from core.rates import format_percent
from core.training.events import Glimpsed

_GUESSES = 4
"""Classes that are named of one image, the most probable first."""


@dataclass(frozen=True)
class Example:
    """One image: its position in `x_train`, what it is, and what the network takes it for, most probable first, from 0 to 1."""

    position: int
    label: str
    guesses: tuple[tuple[str, float], ...]

    @property
    def is_right(self) -> bool:
        return self.guesses[0][0] == self.label

    @property
    def caption(self) -> str:
        """Two lines: the verdict with its probability, and what the image is."""
        name, probability = self.guesses[0]
        return f"{'✓' if self.is_right else '✗'} {name}, {format_percent(probability, 0)}\nis {self.label}"


@dataclass(frozen=True)
class ExamplesInfo:
    """All images of one look, in its order. `step` is how many steps had been taken."""

    step: int
    examples: tuple[Example, ...]


def build_examples(glimpse: Glimpsed, labels: NDArray[np.int32], class_names: Sequence[str]) -> ExamplesInfo:
    """What the network took the images of a look for. `labels` are those of the whole training half, `(n,)`."""
    probabilities = np.frombuffer(glimpse.probabilities, "<f4").reshape(len(glimpse.examples), -1)
    examples = (
        Example(position, class_names[labels[position]], _guesses(row, class_names))
        for position, row in zip(glimpse.examples, probabilities, strict=True)
    )
    return ExamplesInfo(glimpse.step, tuple(examples))


def describe_examples(info: ExamplesInfo) -> str:
    """Such as "After step 1,200 it reads 10 of these 12 right."."""
    right = sum(example.is_right for example in info.examples)
    return f"After step {format_count(info.step)} it reads {right} of these {len(info.examples)} right."


def describe_example(example: Example) -> str:
    """All that is known of one image, such as "Image 17 is 3. The network takes it for 5 (61.0 %), 3 (35.2 %)."."""
    return f"Image {example.position} is {example.label}. The network takes it for {_list(example)}."


def examples_table(info: ExamplesInfo) -> pd.DataFrame:
    """The same as text, a row for each image."""
    return pd.DataFrame(
        {
            "Image": [str(example.position) for example in info.examples],
            "Is": [example.label for example in info.examples],
            "Read as": [example.guesses[0][0] for example in info.examples],
            "Verdict": ["right" if example.is_right else "wrong" for example in info.examples],
            "Most probable": [_list(example) for example in info.examples],
        }
    )


def _guesses(probabilities: NDArray[np.float32], class_names: Sequence[str]) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-probabilities, kind="stable")[:_GUESSES]
    return tuple((class_names[place], float(probabilities[place])) for place in order)


def _list(example: Example) -> str:
    return ", ".join(f"{name} ({format_percent(probability)})" for name, probability in example.guesses)
