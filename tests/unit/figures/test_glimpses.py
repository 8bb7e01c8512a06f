"""What a look inside a network says of a few images."""

from __future__ import annotations

import numpy as np

from core.figures.glimpses import Example, ExamplesInfo, build_examples, describe_example, describe_examples, examples_table
from core.training.events import Glimpsed

LABELS = np.array([0, 1, 2, 1], np.int32)
NAMES = ("cat", "dog", "fox")


def glimpse(*rows: tuple[float, ...], examples: tuple[int, ...] = (1, 3)) -> Glimpsed:
    return Glimpsed(2, 1200, examples, np.array(rows, "<f4").tobytes(), (), b"", (0,))


def test_the_most_probable_class_comes_first_and_is_compared_with_the_label() -> None:
    info = build_examples(glimpse((0.25, 0.75, 0.0), (0.5, 0.25, 0.25)), LABELS, NAMES)
    assert info == ExamplesInfo(
        1200,
        (
            Example(1, "dog", (("dog", 0.75), ("cat", 0.25), ("fox", 0.0))),
            Example(3, "dog", (("cat", 0.5), ("dog", 0.25), ("fox", 0.25))),
        ),
    )
    assert [example.is_right for example in info.examples] == [True, False]


def test_right_and_wrong_are_told_by_a_mark_and_in_words() -> None:
    info = build_examples(glimpse((0.25, 0.75, 0.0), (0.5, 0.25, 0.25)), LABELS, NAMES)
    assert [example.caption for example in info.examples] == ["✓ dog, 75 %\nis dog", "✗ cat, 50 %\nis dog"]
    assert describe_examples(info) == "After step 1,200 it reads 1 of these 2 right."
    assert describe_example(info.examples[1]) == "Image 3 is dog. The network takes it for cat (50.0 %), dog (25.0 %), fox (25.0 %)."


def test_the_table_says_the_same() -> None:
    table = examples_table(build_examples(glimpse((0.25, 0.75, 0.0), (0.5, 0.25, 0.25)), LABELS, NAMES))
    assert table["Verdict"].tolist() == ["right", "wrong"]
    assert table[["Image", "Is", "Read as"]].to_numpy().tolist() == [["1", "dog", "dog"], ["3", "dog", "cat"]]


def test_of_many_classes_only_the_most_probable_are_named() -> None:
    info = build_examples(glimpse(tuple(np.arange(10) / 45), examples=(0,)), LABELS, [str(number) for number in range(10)])
    assert [name for name, _ in info.examples[0].guesses] == ["9", "8", "7", "6"]
