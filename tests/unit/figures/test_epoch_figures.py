"""What the time machine shows: the first layer's weights at an epoch, and what each epoch took a drawing for."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.epoch_answers import MAX_LINES, answers_table, build_answers_chart, build_epoch_answers, describe_epoch_answers
from core.figures.first_weights import find_first_weights
from core.figures.theme import LIGHT
from core.networks.layers import AveragePoolingLayer, BatchNormalizationLayer, Conv2DLayer, DenseLayer
from core.networks.spec import TrainingSpec

NAMES = ("cat", "dog", "owl")


def numbered(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_the_units_of_a_dense_layer_are_pictures_of_the_image_s_shape():
    kernel = numbered(6, 4)
    info = find_first_weights(TrainingSpec(hidden=(DenseLayer(units=4),)), (2, 3), 3, [kernel, numbered(4), numbered(4, 3)], 36)
    assert (info.layer, info.is_filter, info.step, info.pictures.shape) == ("dense_1", False, 36, (4, 2, 3))
    np.testing.assert_array_equal(info.pictures[1], kernel[:, 1].reshape(2, 3))
    assert info.extent >= 22


def test_the_filters_of_a_convolution_are_pictures_in_grey_or_colour():
    spec = TrainingSpec(hidden=(Conv2DLayer(filters=5), DenseLayer()))
    grey, colour = numbered(3, 3, 1, 5), numbered(3, 3, 3, 5)
    info = find_first_weights(spec, (8, 8), 10, [grey, numbered(5)])
    assert (info.layer, info.is_filter, info.pictures.shape) == ("conv2d_1", True, (5, 3, 3))
    np.testing.assert_array_equal(info.pictures[2], grey[..., 0, 2])
    assert find_first_weights(spec, (8, 8, 3), 10, [colour, numbered(5)]).pictures.shape == (5, 3, 3, 3)


@pytest.mark.parametrize("measured", [[numbered(2, 3), numbered(2, 3), numbered()], [numbered(1), numbered(1), numbered()]])
def test_what_the_scaling_has_measured_is_not_taken_for_weights(measured):
    scaling = "standardise_pixel" if measured[0].ndim == 2 else "standardise_set"
    spec = TrainingSpec(scaling=scaling, hidden=(BatchNormalizationLayer(), DenseLayer(units=4)))
    normalising = [numbered(1)] * 4
    info = find_first_weights(spec, (2, 3), 3, [*measured, *normalising, numbered(6, 4), numbered(4)])
    assert info.pictures.shape == (4, 2, 3)


def test_a_layer_that_does_not_see_the_image_itself_has_no_picture():
    spec = TrainingSpec(hidden=(AveragePoolingLayer(), DenseLayer(units=4)))
    assert find_first_weights(spec, (4, 4), 3, [numbered(4, 4), numbered(4)]) is None


ANSWERS = np.array([[0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [0.1, 0.9, 0.0]], np.float32)


def test_the_answer_of_each_epoch_is_a_name_with_its_probability():
    info = build_epoch_answers([1, 3, 7], ANSWERS, NAMES)
    assert (info.epochs, info.winners) == ((1, 3, 7), ("cat", "dog", "dog"))
    assert info.certainties == pytest.approx((0.5, 0.7, 0.9))
    assert [line.name for line in info.lines] == ["dog", "cat", "owl"]
    assert info.lines[0].shares == pytest.approx((0.3, 0.7, 0.9))


def test_the_last_answer_has_a_line_even_if_it_came_late():
    probabilities = np.full((10, 8), 0.14, np.float32)
    probabilities[:, 7], probabilities[-1, 7] = 0.02, 0.9
    info = build_epoch_answers(range(1, 11), probabilities, [str(label) for label in range(8)])
    assert len(info.lines) == MAX_LINES
    assert info.lines[-1].name == "7"


@pytest.mark.parametrize(
    ("epoch", "sentence"),
    [
        (1, "After epoch 1: read as cat (50.0 %). Since epoch 3 it has been read as dog."),
        (7, "After epoch 7: read as dog (90.0 %). Since epoch 3 it has been read as dog."),
    ],
)
def test_the_sentence_tells_the_answer_and_since_when_the_last_one_has_stood(epoch, sentence):
    assert describe_epoch_answers(build_epoch_answers([1, 3, 7], ANSWERS, NAMES), epoch) == sentence


def test_an_answer_that_never_changed_is_told_so():
    info = build_epoch_answers([3, 7], ANSWERS[1:], NAMES)
    assert describe_epoch_answers(info, 3).endswith("It was read as dog from the first of these epochs on.")


def test_moving_the_slider_changes_the_data_alone_so_that_the_browser_keeps_the_chart():
    info = build_epoch_answers([1, 3, 7], ANSWERS, NAMES)
    first, second = build_answers_chart(info, 1, LIGHT), build_answers_chart(info, 7, LIGHT)
    assert first.spec == second.spec
    assert first.data[first.data["now"]]["epoch"].unique().tolist() == [1]
    assert second.data[second.data["now"]]["epoch"].unique().tolist() == [7]
    assert len(first.data) == 9


def test_the_table_says_the_same():
    assert answers_table(build_epoch_answers([1, 3, 7], ANSWERS, NAMES)).to_numpy().tolist()[0] == [1, "cat", "50.0 %"]


def test_answers_that_do_not_fit_the_epochs_are_refused():
    with pytest.raises(ValueError, match="for 2 epochs"):
        build_epoch_answers([1, 2], ANSWERS, NAMES)
