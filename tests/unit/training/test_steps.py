from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from core.networks.building import build_network
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.losses import LOSSES
from core.networks.spec import TrainingSpec
from core.training.learner import Learner
from core.training.steps import CompiledSteps, Sums

# Each compiles a network of its own.
pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), batch_size=16)
ORDER = np.random.default_rng(3).permutation(150).astype(np.int32)


NORMALISED = SPEC.model_copy(update={"hidden": (DenseLayer(units=8), BatchNormalizationLayer())})
WITH_CONVOLUTION = SPEC.model_copy(update={"hidden": (Conv2DLayer(filters=3), MaxPoolingLayer(), DropoutLayer(), DenseLayer(units=4))})


def _build(image_set, spec=SPEC, images=150):
    learner = Learner(spec, image_set, ORDER)
    return learner, CompiledSteps(spec, image_set, learner, images)


def _begin(steps, images=150, rate=0.001):
    steps.begin_epoch(ORDER[:images], np.full(steps.steps_per_epoch, rate, np.float32))


def _run(image_set, chunks, spec):
    learner, steps = _build(image_set, spec)
    steps.compile(ORDER)
    _begin(steps)
    for chunk in chunks:
        taken, sums = steps.run(chunk)
        assert taken == chunk
    return learner, sums


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(SPEC, id="dense"),
        pytest.param(NORMALISED, id="normalised"),
        pytest.param(WITH_CONVOLUTION, id="convolution and dropout"),
    ],
)
def test_where_chunks_end_changes_nothing_not_even_the_last_digit(spec, tiny_set):
    whole, sums_of_whole = _run(tiny_set, [10], spec)
    parts, sums_of_parts = _run(tiny_set, [1, 4, 3, 2], spec)
    assert sums_of_whole == sums_of_parts
    assert sums_of_whole.images == 150
    for one, other in zip(whole.weights() + whole.memory(), parts.weights() + parts.memory(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiling_takes_no_step(tiny_set):
    learner, steps = _build(tiny_set)
    steps.compile(ORDER)
    fresh = build_network(SPEC, tiny_set.image_shape, tiny_set.class_count, tiny_set.max_value)
    assert steps.steps_left == steps.steps_per_epoch == 10
    for one, other in zip(learner.weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_compiled_anew_whatever_the_chunk_and_the_rate(tiny_set):
    _, steps = _build(tiny_set)
    began = time.process_time()
    steps.compile(ORDER)
    compiled = time.process_time()
    _begin(steps, rate=0.01)
    for number, chunk in enumerate((1, 2, 3, 1, 3)):
        steps.run(chunk, 0.5**number)
    assert time.process_time() - compiled < compiled - began


def test_images_that_pad_the_last_batch_do_not_count(tiny_set):
    # 20 images in batches of 16: the second batch has 4, padded to 16.
    _, steps = _build(tiny_set, images=20)
    _begin(steps, 20)
    earlier = steps.run(1)[1]
    before = steps.measure(ORDER[16:20])
    later = steps.run(1)[1]
    assert (later - earlier).images == 4
    assert (later - earlier).loss == pytest.approx(before.loss, rel=1e-5)
    assert (later - earlier).correct == before.correct


def test_the_rate_of_each_step_is_that_of_the_epoch_times_the_factor(tiny_set):
    learner, steps = _build(tiny_set, SPEC.model_copy(update={"optimiser": "sgd"}))
    steps.begin_epoch(ORDER, np.array([0, 0.5, 0, 0.25, 0, 0, 0, 0, 0, 0], np.float32))
    kernels = [learner.weights()[0]]
    for factor in (1.0, 1.0, 1.0, 0.0):
        steps.run(1, factor)
        kernels.append(learner.weights()[0])
    has_moved = [not np.array_equal(before, after) for before, after in itertools.pairwise(kernels)]
    assert has_moved == [False, True, False, False]


def test_given_images_are_trained_on_in_place_of_the_set(tiny_set):
    learner, steps = _build(tiny_set)
    steps.begin_epoch(ORDER, np.full(10, 0.1, np.float32), np.zeros((150, 8, 8), np.uint8))
    before = learner.weights()[0]
    steps.run(10)
    # Nothing can be learned about pixels that are always 0.
    np.testing.assert_array_equal(learner.weights()[0], before)


@pytest.mark.parametrize("loss", LOSSES)
def test_running_ends_at_the_step_whose_loss_is_not_a_number(loss, tiny_set):
    wild = SPEC.model_copy(update={"optimiser": "sgd", "scaling": "none", "loss": loss})
    _, steps = _build(tiny_set, wild)
    _begin(steps, rate=1e30)
    taken, sums = steps.run(10)
    assert taken < 10
    assert not math.isfinite(sums.loss)
    assert steps.run(10)[0] <= 1


def test_sums_add_up_and_subtract():
    total = Sums(3.0, 2, 4) + Sums(1.0, 1, 1)
    assert total == Sums(4.0, 3, 5)
    assert total - Sums(1.0, 1, 1) == Sums(3.0, 2, 4)
    assert (total.mean_loss, total.accuracy) == (0.8, 0.6)
