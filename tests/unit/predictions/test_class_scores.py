"""Precision, recall and F1 of each class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intervals import wilson_interval
from core.predictions.class_scores import ClassScore, score_classes
from core.predictions.scores import Scores, score


def answers(labels: list[int], predicted: list[int], classes: int) -> Scores:
    return score(np.eye(classes, dtype=np.float32)[predicted], np.array(labels))


def test_each_class_is_counted_and_measured() -> None:
    cat, dog = score_classes(answers([0, 0, 0, 1, 1], [0, 0, 1, 1, 0], 2))
    assert cat == ClassScore(0, 3, 3, 2, pytest.approx(2 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert dog == ClassScore(1, 2, 2, 1, 0.5, 0.5, 0.5)
    assert cat.recall_interval == cat.precision_interval == wilson_interval(2, 3)


def test_where_there_is_nothing_to_take_a_share_of_there_is_no_share() -> None:
    _, no_image, no_answer, neither = score_classes(answers([0, 0, 2], [0, 1, 0], 4))
    assert (no_image.recall, no_image.recall_interval, no_image.precision) == (None, None, 0.0)
    assert (no_answer.precision, no_answer.precision_interval, no_answer.recall) == (None, None, 0.0)
    assert neither == ClassScore(3, 0, 0, 0, None, None, None)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_they_follow_from_their_definitions(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = (list(side) for side in zip(*pairs, strict=True))
    for one in score_classes(answers(labels, predicted, 4)):
        right = sum(true == read == one.label for true, read in pairs)
        assert (one.right, one.support, one.answers) == (right, labels.count(one.label), predicted.count(one.label))
        assert one.recall == (pytest.approx(right / one.support) if one.support else None)
        assert one.precision == (pytest.approx(right / one.answers) if one.answers else None)
        both = one.support + one.answers
        assert one.f1 == (pytest.approx(2 * right / both) if both else None)
