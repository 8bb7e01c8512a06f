from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SpecError
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec
from tests.unit.networks.random_networks import any_layer


def _problems(*hidden, image_shape=(8, 8)):
    with pytest.raises(SpecError) as refusal:
        plan_layers(TrainingSpec(hidden=hidden), image_shape, 10)
    return {problem.field: problem.message for problem in refusal.value.problems}


def test_each_layer_gets_what_the_one_before_it_gives():
    steps = plan_layers(TrainingSpec(hidden=(Conv2DLayer(filters=4), MaxPoolingLayer(), DenseLayer(units=5))), (9, 7), 10)
    shapes = [(9, 7), (9, 7), (9, 7, 1), (9, 7, 4), (4, 3, 4), (48,), (5,), (10,)]
    assert [step.input_shape for step in steps] == shapes[:1] + shapes[:-1]
    assert [step.output_shape for step in steps] == shapes
    assert [step.place for step in steps] == [None, None, None, 0, 1, None, 2, None]


@pytest.mark.parametrize("layer", [Conv2DLayer(), MaxPoolingLayer(), AveragePoolingLayer(), GlobalAveragePoolingLayer()])
@pytest.mark.parametrize("row", [DenseLayer(units=7), FlattenLayer(), GlobalAveragePoolingLayer()])
def test_what_needs_an_image_can_not_follow_a_row_of_values(row, layer):
    problems = _problems(row, layer)
    assert list(problems) == ["hidden.1.kind"]
    assert problems["hidden.1.kind"].startswith(f"Hidden layer 2, {layer.title}: gets ")
    assert "needs an image with height and width" in problems["hidden.1.kind"]


@pytest.mark.parametrize("pooling", [MaxPoolingLayer, AveragePoolingLayer])
def test_a_square_larger_than_its_input_is_named_with_the_size_it_gets(pooling):
    hidden = (MaxPoolingLayer(), MaxPoolingLayer(), pooling(size=3))
    problems = _problems(*hidden)
    assert problems["hidden.2.size"].startswith(
        f"Hidden layer 3, {pooling.title}: its squares of 3 x 3 pixels are larger than the 2 x 2 pixels it gets."
    )
    plan_layers(TrainingSpec(hidden=hidden), (12, 12), 10)


def test_the_shorter_side_decides():
    assert "larger than the 9 x 2 pixels it gets" in _problems(MaxPoolingLayer(size=3), image_shape=(9, 2))["hidden.0.size"]


def test_a_window_that_has_to_stay_inside_can_be_too_large():
    problems = _problems(Conv2DLayer(kernel=9, padding="valid"))
    assert "its window of 9 x 9 pixels is larger than the 8 x 8 pixels it gets" in problems["hidden.0.kernel"]
    for fits in (Conv2DLayer(kernel=9), Conv2DLayer(kernel=8, padding="valid")):
        plan_layers(TrainingSpec(hidden=(fits,)), (8, 8), 10)


def test_all_layers_that_can_not_work_are_named_at_once():
    problems = _problems(MaxPoolingLayer(size=8), Conv2DLayer(kernel=3, padding="valid"), FlattenLayer(), MaxPoolingLayer())
    assert list(problems) == ["hidden.1.kernel", "hidden.3.kind"]


def test_dropout_and_normalisation_work_anywhere():
    row = (DropoutLayer(), BatchNormalizationLayer())
    plan_layers(TrainingSpec(hidden=(*row, Conv2DLayer(), *row, DenseLayer(), *row)), (8, 8), 10)


@settings(max_examples=60, deadline=None)
@given(st.lists(any_layer, max_size=8).map(tuple), st.integers(1, 9), st.integers(1, 9), st.sampled_from([(), (3,)]))
def test_any_layers_are_either_planned_or_refused_by_their_place(hidden, height, width, channels):
    try:
        steps = plan_layers(TrainingSpec(hidden=hidden), (height, width, *channels), 3)
    except SpecError as refusal:
        places = [int(problem.field.split(".")[1]) for problem in refusal.problems]
        assert places
        assert set(places) <= set(range(len(hidden)))
    else:
        assert min(side for step in steps for side in step.output_shape) >= 1
        assert [step.layer for step in steps if step.layer] == list(hidden)
