from __future__ import annotations

import math
import time

import numpy as np
import pytest

from core.networks.building import build_network
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.training.steps import CompiledSteps, Sums

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), batch_size=16)
ORDER = np.random.default_rng(3).permutation(150).astype(np.int32)


def _run(image_set, chunks):
    steps = CompiledSteps(SPEC, image_set, len(ORDER))
    steps.compile(ORDER)
    for chunk in chunks:
        taken, sums = steps.run(chunk)
        assert taken == chunk
    return steps, sums


def test_where_chunks_end_changes_nothing_not_even_the_last_digit(tiny_set):
    whole, sums_of_whole = _run(tiny_set, [10])
    parts, sums_of_parts = _run(tiny_set, [1, 4, 3, 2])
    assert sums_of_whole == sums_of_parts
    assert sums_of_whole.images == 150
    for one, other in zip(whole.weights(), parts.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiling_takes_no_step(tiny_set):
    steps = CompiledSteps(SPEC, tiny_set, len(ORDER))
    steps.compile(ORDER)
    fresh = build_network(SPEC, tiny_set.image_shape, tiny_set.class_count, tiny_set.max_value)
    assert steps.steps_left == steps.steps_per_epoch == 10
    for one, other in zip(steps.weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_compiled_anew_from_chunk_to_chunk(tiny_set):
    steps = CompiledSteps(SPEC, tiny_set, len(ORDER))
    began = time.perf_counter()
    steps.compile(ORDER)
    compiled = time.perf_counter()
    for chunk in (1, 2, 3, 1, 3):
        steps.run(chunk)
    assert time.perf_counter() - compiled < compiled - began


def test_images_that_pad_the_last_batch_do_not_count(tiny_set):
    # 20 images in batches of 16: the second batch has 4, padded to 16.
    steps = CompiledSteps(SPEC, tiny_set, 20)
    steps.begin_epoch(ORDER[:20])
    earlier = steps.run(1)[1]
    before = steps.measure(ORDER[16:20])
    later = steps.run(1)[1]
    assert (later - earlier).images == 4
    assert (later - earlier).loss == pytest.approx(before.loss, rel=1e-5)
    assert (later - earlier).correct == before.correct


def test_running_ends_at_the_step_whose_loss_is_not_a_number(tiny_set):
    wild = SPEC.model_copy(update={"optimiser": "sgd", "learning_rate": 1e30, "scale_inputs": False})
    steps = CompiledSteps(wild, tiny_set, len(ORDER))
    steps.begin_epoch(ORDER)
    taken, sums = steps.run(10)
    assert taken < 10
    assert not math.isfinite(sums.loss)


def test_sums_add_up_and_subtract():
    total = Sums(3.0, 2, 4) + Sums(1.0, 1, 1)
    assert total == Sums(4.0, 3, 5)
    assert total - Sums(1.0, 1, 1) == Sums(3.0, 2, 4)
    assert (total.mean_loss, total.accuracy) == (0.8, 0.6)
