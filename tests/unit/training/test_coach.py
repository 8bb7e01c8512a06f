"""The coach: each rule on curves made for it, and on curves where it must stay silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.image_set import ImageSet
from core.errors import TrainingFailed
from core.intervals import wilson_interval
from core.networks.advice import check_network
from core.networks.augmentation import Augmentation
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, GlobalAveragePoolingLayer
from core.networks.plan import plan_layers
from core.networks.recipes import RECIPES
from core.networks.schedules import SCHEDULES
from core.networks.spec import TrainingSpec
from core.training.coach import RULES, Case, build_case, coach, is_break
from core.training.coaching.case import margin, number, smoothing_floor, times
from core.training.coaching.experiments import (
    Experiment,
    against_memorising,
    another_seed,
    enlarge,
    hold_back,
    lower_rate,
    raise_rate,
    scale_pixels,
    settle,
    smaller_batches,
    train_for_steps,
    train_longer,
)
from core.training.events import EpochEnded, LayerHealth, Mark, Marked, StepsTaken, TrainingEvent, TrainingStarted
from core.training.loop import train
from tests.unit.networks.random_networks import networks

STEPS = 400
"""Of an epoch, so that no run here is short of steps unless it says so."""


def case(
    losses: list[float] | None = None,
    accuracies: list[float] | None = None,
    validation_losses: list[float] | None = None,
    validation_accuracies: list[float] | None = None,
    *,
    first_loss: float = 2.35,
    steps: int = STEPS,
    validation_images: int = 6_000,
    spec: TrainingSpec | None = None,
    **values: Any,
) -> Case:
    """A run with these curves; what is not given is that of a run of which there is nothing to say."""
    losses = losses or [0.5, 0.3, 0.25, 0.24]
    count = len(losses)
    accuracies = accuracies or [0.85, 0.93, 0.96, 0.965][:count] + [0.965] * (count - 4)
    validation_losses = validation_losses or [0.4, 0.28, 0.245, 0.243][:count] + [0.243] * (count - 4)
    validation_accuracies = validation_accuracies or [0.88, 0.94, 0.962, 0.963][:count] + [0.963] * (count - 4)
    held_back = zip(validation_losses, validation_accuracies, strict=True) if validation_images else [(None, None)] * count
    epochs = tuple(
        EpochEnded(place, place * steps, loss, accuracy, *beside, 50_000.0, float(place))
        for place, (loss, accuracy, beside) in enumerate(zip(losses, accuracies, held_back, strict=True), 1)
    )
    first = StepsTaken(1, 1, first_loss, 0.1, None, None, 50_000.0, 0.1)
    spec = spec or TrainingSpec(dataset="mnist", epochs=count)
    usual: dict[str, Any] = {"image_shape": (28, 28), "class_count": 10, "majority": 0.11, "training_images": 54_000}
    return Case(**usual | values, spec=spec, validation_images=validation_images, steps=(first,), epochs=epochs)


def health(*dead: float, first_gradient: float = 1e-3) -> tuple[LayerHealth, ...]:
    """Dense layers with these shares of dead units, and the output."""
    hidden = [LayerHealth(f"dense_{place}", first_gradient, 0.05, 1.0, share) for place, share in enumerate(dead, 1)]
    return (*hidden, LayerHealth("output", 1e-2, 0.1, 0.3, 0.0))


def spec(*hidden: Any, **values: Any) -> TrainingSpec:
    return TrainingSpec(**{"dataset": "mnist", "hidden": hidden or (DenseLayer(),), "epochs": 4} | values)


def fading(curves: dict[str, list[float]], factor: float) -> tuple[EpochEnded, ...]:
    """The epochs of these curves, with a rate that is multiplied by this after each."""
    return tuple(replace(epoch, learning_rate=0.001 * factor ** (epoch.epoch - 1)) for epoch in case(**curves).epochs)


CALM = case()
FLAT = {"losses": [2.31, 2.3, 2.3, 2.3], "accuracies": [0.1, 0.1, 0.11, 0.11]}
FLAT |= {"validation_losses": [2.3] * 4, "validation_accuracies": [0.11] * 4}
SLOW = {"losses": [2.3, 2.25, 2.2, 2.15], "accuracies": [0.12, 0.14, 0.17, 0.2]}
SLOW |= {"validation_losses": [2.28, 2.23, 2.18, 2.14], "validation_accuracies": [0.12, 0.15, 0.18, 0.2]}
MEMORISED = {"losses": [0.4, 0.1, 0.05, 0.02], "accuracies": [0.9, 0.97, 0.99, 0.999]}
MEMORISED |= {"validation_losses": [0.35, 0.3, 0.33, 0.4], "validation_accuracies": [0.9, 0.92, 0.92, 0.92]}
LOW = {"losses": [0.6, 0.5, 0.49, 0.485], "accuracies": [0.8, 0.85, 0.855, 0.857]}
LOW |= {"validation_losses": [0.52, 0.495, 0.49, 0.488], "validation_accuracies": [0.84, 0.85, 0.855, 0.856]}
TIMES_TEN = {"losses": [0.5, 0.3, *[0.25] * 8], "validation_losses": [0.4, 0.28, *[0.245, 0.244] * 4]}
SIX_SIGMOIDS = spec(*[DenseLayer(activation="sigmoid")] * 6)
NORMALISED = spec(DenseLayer(), BatchNormalizationLayer())
AHEAD = {"accuracies": [0.7, 0.8, 0.85, 0.87], "validation_accuracies": [0.88, 0.94, 0.962, 0.963]}

FELL_BACK = {"losses": [1.2, 1.21, 1.27, 1.31], "accuracies": [0.66, 0.65, 0.59, 0.56]}
FELL_BACK |= {"validation_losses": [1.2, 1.22, 1.27, 1.3], "validation_accuracies": [0.65, 0.65, 0.6, 0.57]}
UNSETTLED = {"losses": [1.3, 0.5], "accuracies": [0.56, 0.85], "validation_losses": [1.4, 1.1], "validation_accuracies": [0.6, 0.71]}
DROPPED = {"losses": [2.2, 2.1, 2.08, 2.07], "accuracies": [0.2, 0.25, 0.26, 0.26]}
DROPPED |= {"validation_losses": [2.0, 1.8, 1.75, 1.74], "validation_accuracies": [0.4, 0.52, 0.54, 0.55]}
NEARLY_ALL_ONE = {"majority": 0.952, "class_count": 2, "validation_images": 600, "training_images": 2_400}

SPEAKS: dict[str, list[tuple[Case, str]]] = {
    "raw_pixels": [
        (case(**FLAT, first_loss=102.0, spec=spec(scaling="none"), layers=health(1.0)), "began at 102 in place of about 2.3"),
        (case(**FLAT, spec=spec(scaling="none")), "ended at 11.0 %"),
        (replace(CALM, spec=spec(scaling="none"), steps=(), epochs=(), broke_off=True), "before there was anything to measure"),
    ],
    "break": [
        (replace(case(), broke_off=True), "in epoch 5, at a learning rate of 0.001"),
        (replace(CALM, steps=(), epochs=(), broke_off=True), "in epoch 1"),
        (replace(CALM, marks=(Marked(Mark.RATE_CHANGED, 2, 500, 1.0, 50.0),), broke_off=True), "at a learning rate of 0.05,"),
    ],
    "zero_weights": [
        (case(**FLAT, spec=spec(DenseLayer(initialiser="zeros")), layers=health(1.0)), "Hidden layer 1 starts with all weights at 0"),
        # A sigmoid is not 0 for a sum of 0, so no unit looks dead.
        (case(**SLOW, spec=spec(*[DenseLayer(initialiser="zeros", activation="sigmoid")] * 2)), "2 hidden layers start with all"),
    ],
    "gradient_limit": [
        (case(**FLAT, spec=spec(optimiser="sgd", learning_rate=0.1, clip_norm=0.001)), "move all weights together by 0.16 at most"),
    ],
    "strong_penalty": [
        (
            case(**LOW, spec=spec(DenseLayer(units=64, l2=0.1)), layers=health(0.0)),
            "(cross-entropy, with L2 penalties of 0.1) is 0.485, of which",
        ),
        (case(**FLAT, spec=spec(optimiser="sgd", learning_rate=0.1, weight_decay=1.0)), "shrinks every weight by 10.0 %"),
    ],
    "high_rate": [
        (case(**FELL_BACK), "rose from 1.2 after epoch 1 to 1.31"),
        (case(**FLAT, spec=spec(optimiser="sgd", learning_rate=10.0)), "The learning rate of 10 is 100 times the usual 0.1 for SGD"),
        (case(spec=spec(learning_rate=0.03), layers=health(0.67)), "67.0 % of the 64 units of hidden layer 1"),
        (case(**LOW, spec=spec(learning_rate=0.03)), "right about 85.7 % of its training images and gets no further"),
    ],
    "vanishing": [
        (case(**FLAT, spec=SIX_SIGMOIDS, layers=health(*[0.0] * 6, first_gradient=2e-6)), "about 5,000 times as large"),
        # Once they begin to learn, the gradient of the first layer grows, and that of those in between stays small.
        (case(**SLOW, spec=SIX_SIGMOIDS, layers=health(*[0.0] * 6)), "about 10 times as large as in the hidden layer"),
        (case(**FLAT, spec=spec(*[DenseLayer(activation="tanh")] * 6), layers=health(*[0.0] * 6, first_gradient=2e-6)), "5,000 times"),
    ],
    "unsettled_averages": [
        (
            case(**UNSETTLED, steps=10, spec=NORMALISED),
            "the validation cross-entropy is 1.1, that of the training images 0.5",
        ),
    ],
    "low_rate": [(case(**SLOW, spec=spec(learning_rate=1e-6)), "from 2.35 to 2.15")],
    "idle_schedule": [
        (replace(case(**LOW, spec=spec(schedule="step", decay_factor=0.01, drop_every=1)), epochs=fading(LOW, 0.01)), "In 3 of 4 epochs"),
    ],
    "much_dropout": [
        (case(**DROPPED, spec=spec(DenseLayer(), DropoutLayer(rate=0.9))), "leaves 6 of 64 values on in each step"),
        (case(**DROPPED, spec=spec(DenseLayer(units=16), DropoutLayer(rate=0.6))), "leaves 6 of 16"),
    ],
    "dead_units": [
        (case(**LOW, layers=health(0.77)), "77.0 % of the 64 units of hidden layer 1 gave 0 for each of the 64 training images"),
    ],
    "strong_augmentation": [
        (case(**DROPPED, spec=spec(augmentation=Augmentation(shift=0.5))), "the training accuracy is 26.0 %, validation 55.0 %"),
    ],
    "loss": [
        (case(**LOW, spec=spec(loss="mean_absolute_error")), "With mean absolute error as the loss"),
        (case(**LOW, spec=spec(loss="categorical_hinge")), "With hinge as the loss"),
        (case(**SLOW, spec=spec(loss="mean_squared_error")), "With mean squared error as the loss"),
    ],
    "few_steps": [
        (case(**SLOW, steps=1, spec=spec(batch_size=2048), training_images=1_200), "1 step: 4 steps in all, for an accuracy of 20.0 %"),
    ],
    "no_activation": [(case(**LOW, spec=spec(*[DenseLayer(activation="linear")] * 2)), "2 hidden layers without an activation")],
    "too_small": [
        (case(**LOW, spec=spec(DenseLayer(units=4))), "Only 4 values get through to the output layer"),
        (case(**LOW, spec=spec(DenseLayer(), DenseLayer(units=1), DenseLayer())), "Only 1 value gets through to hidden layer 3"),
        (case(**LOW, spec=spec(DropoutLayer(), hidden=(DropoutLayer(),))), "There is no hidden layer"),
        (case(**LOW, spec=spec(Conv2DLayer(filters=2), GlobalAveragePoolingLayer())), "Only 2 values get through"),
    ],
    "overfitting": [
        (case(**MEMORISED), "lowest after epoch 2, 0.3, and has risen to 0.4 since"),
        (case(accuracies=[0.88, 0.94, 0.98, 0.999], validation_accuracies=[0.86, 0.87, 0.87, 0.87]), "a gap of 12.9 points"),
    ],
    "majority": [
        (
            case([0.25, 0.2, 0.19, 0.19], [0.952] * 4, [0.21, 0.2, 0.195, 0.195], [0.952] * 4, **NEARLY_ALL_ONE),
            "Validation accuracy 95.2 %, of 600 images. The most common class alone is 95.2 %",
        ),
    ],
    "few_validation": [(case(validation_images=4), "Of 4 validation images it got 4 right.")],
    "no_validation": [(case(validation_images=0, spec=spec(validation_split=0.0)), "All 54,000 images were trained on")],
    "progress": [
        (
            case(validation_losses=[0.4, 0.3, 0.28, 0.25]),
            "4 the validation cross-entropy fell by another 10.7 %, to 0.25.",
        ),
        (case([0.5, 0.3, 0.25, 0.2], validation_images=0), "the training cross-entropy fell by another 20.0 %"),
    ],
    "plateau": [
        (case(**TIMES_TEN), "Over the last 2 epochs of 10 the validation cross-entropy came down to 0.244 at best, and after epoch 4"),
        (case(**LOW), "came down to 0.488 at best, and after epoch 3 it had been 0.49 already"),
    ],
    "ahead": [(case(**AHEAD, spec=spec(DenseLayer(), DropoutLayer(rate=0.5))), "9.3 points apart, more than the 0.6 points")],
}
"""Runs that a rule has to speak about, and part of what it says."""

SILENT: dict[str, list[Case]] = {
    # It coped, or what comes first does the scaling, or the pixels were scaled.
    "raw_pixels": [
        case(first_loss=11.8, spec=spec(scaling="none")),
        case(**FLAT, first_loss=102.0, spec=spec(BatchNormalizationLayer(), DenseLayer(), scaling="none")),
        case(**FLAT, first_loss=102.0),
    ],
    # It failed, but not because of its numbers.
    "break": [CALM, replace(CALM, epochs=())],
    # A single layer of tanh learns from zeros, since the output's weights differ.
    "zero_weights": [case(spec=spec(DenseLayer(initialiser="zeros", activation="tanh"))), case(**FLAT)],
    # It got there; the limit leaves room; Adam does not heed the size of a gradient.
    "gradient_limit": [
        case(spec=spec(optimiser="sgd", learning_rate=0.1, clip_norm=0.001)),
        case(**FLAT, spec=spec(optimiser="sgd", learning_rate=0.1, clip_norm=1.0)),
        case(**FLAT, spec=spec(clip_norm=0.001)),
    ],
    # It got there; a usual penalty; decay that Adam's steps outweigh.
    "strong_penalty": [
        case(spec=spec(DenseLayer(l2=0.1)), layers=health(0.0)),
        case(**LOW, spec=spec(DenseLayer(l2=0.001)), layers=health(0.0)),
        case(**LOW, spec=spec(optimiser="adamw", weight_decay=0.1)),
    ],
    # A loss that jumps a little, a high rate that works, nothing learned at the usual rate, and the last images of a network that is done.
    "high_rate": [
        case([0.25, 0.24, 0.245, 0.25]),
        case(spec=spec(learning_rate=0.02)),
        case(**FLAT),
        case([0.2, 0.01, 0.002, 0.004], [0.95, 0.995, 1.0, 0.997]),
    ],
    # A small gradient in a network that learned; a usual one through ReLU; sigmoids with something that normalises between them.
    "vanishing": [
        case(layers=health(0.0, first_gradient=2e-6)),
        case(**FLAT, spec=spec(*[DenseLayer()] * 6), layers=health(*[0.0] * 6)),
        case(**FLAT, spec=spec(*[DenseLayer(activation="sigmoid"), BatchNormalizationLayer()] * 4), layers=health(*[0.0] * 4)),
    ],
    # Enough steps; no such layer; no lag.
    "unsettled_averages": [
        case(**UNSETTLED, steps=300, spec=NORMALISED),
        case(**UNSETTLED, steps=10),
        case(steps=10, spec=NORMALISED),
    ],
    # The usual rate; a low one that got there; a low one whose loss goes up and down.
    "low_rate": [case(**SLOW), case(spec=spec(learning_rate=1e-5)), case([2.3, 2.35, 2.2, 2.3], spec=spec(learning_rate=1e-5))],
    # It got there; cosine is low at the end only.
    "idle_schedule": [
        replace(case(spec=spec(schedule="step", decay_factor=0.01, drop_every=1)), epochs=fading({}, 0.01)),
        replace(case(**LOW, spec=spec(schedule="cosine")), epochs=fading(LOW, 0.5)),
    ],
    # It got there; a usual share; training is ahead, so it is not held back.
    "much_dropout": [
        case(**AHEAD, spec=spec(DenseLayer(units=512), DropoutLayer(rate=0.9))),
        case(**DROPPED, spec=spec(DenseLayer(), DropoutLayer(rate=0.5))),
        case(accuracies=[0.8, 0.9, 0.93, 0.94], validation_accuracies=[0.8] * 4, spec=spec(DenseLayer(), DropoutLayer(rate=0.8))),
    ],
    # Some dead units are usual, and many do no harm where the rest is enough; the rate knows better where it is to blame.
    "dead_units": [
        case(**LOW, layers=health(0.3, 0.1)),
        case(**LOW, spec=spec(DenseLayer(units=2)), layers=health(0.5)),
        case(layers=health(0.77)),
        case(spec=spec(learning_rate=0.03), layers=health(0.67)),
    ],
    # It got there; of usual strength.
    "strong_augmentation": [
        case(**AHEAD, spec=spec(augmentation=Augmentation(shift=0.5))),
        case(**DROPPED, spec=spec(augmentation=Augmentation(shift=0.05, rotation=10, flip=True))),
    ],
    # Another loss that works, and squared errors where the images are hard.
    "loss": [case(spec=spec(loss="categorical_hinge")), case(**LOW, spec=spec(loss="mean_squared_error")), case(**LOW)],
    "few_steps": [case(**SLOW), case(steps=1)],
    "no_activation": [case(spec=spec(DenseLayer(activation="linear"))), case(**LOW)],
    # Good; memorised; wide enough, so that something else holds it back.
    "too_small": [case(spec=spec(DenseLayer(units=12))), case(**MEMORISED), case(**LOW), case([0.5])],
    # A gap that may be luck, one of a single epoch, one while validation gets better, a loss that rises without a gap, and no validation.
    "overfitting": [
        case(accuracies=[0.9, 0.95, 0.98, 0.985], validation_images=140),
        case(accuracies=[0.9, 0.95, 0.95, 0.985]),
        case(accuracies=[0.88, 0.94, 0.98, 0.985]),
        case(accuracies=[0.8, 0.88, 0.92, 0.937], validation_accuracies=[0.8, 0.84, 0.85, 0.858]),
        case([0.5, 0.3, 0.25, 0.24], validation_losses=[0.4, 0.2, 0.245, 0.25]),
        case(validation_images=0),
    ],
    # Better than that by more than luck, and classes that are alike.
    "majority": [
        case([0.2, 0.1, 0.09, 0.09], [0.99] * 4, [0.1] * 4, [0.985] * 4, **NEARLY_ALL_ONE),
        CALM,
    ],
    "few_validation": [CALM, case(validation_images=30), case(validation_images=0, spec=spec(validation_split=0.0))],
    "no_validation": [CALM],
    # Less than it jumps from epoch to epoch, or a fall that came back.
    "progress": [CALM, case(validation_losses=[0.4, 0.3, 0.2, 0.25]), case([0.5])],
    # Too short to tell, or still falling.
    "plateau": [CALM, case([0.5, 0.3, *[0.25] * 8], validation_losses=[0.4, 0.3, 0.29, 0.28, 0.27, 0.26, 0.25, 0.24, 0.23, 0.2])],
    # By luck, on few images.
    "ahead": [CALM, case(accuracies=[0.85, 0.93, 0.95, 0.955], validation_images=144)],
}
"""Runs of the same kind about which it has to say nothing."""


def test_every_rule_is_tested_on_runs_it_speaks_about_and_on_others() -> None:
    assert list(SPEAKS) == list(SILENT) == [rule.name for rule in RULES]


@pytest.mark.parametrize(("name", "run", "words"), [(name, *one) for name, some in SPEAKS.items() for one in some])
def test_a_rule_speaks_with_the_numbers_of_the_run(name: str, run: Case, words: str) -> None:
    advice = coach(run).advice[name]
    assert words in advice.finding
    # Where the rate was changed by hand while it trained, the settings as they were may be the remedy.
    assert run.marks or advice.experiment.spec != run.spec


@pytest.mark.parametrize(("name", "run"), [(name, run) for name, runs in SILENT.items() for run in runs])
def test_a_rule_is_silent_where_there_is_nothing_to_say(name: str, run: Case) -> None:
    assert name not in coach(run).advice


def test_a_run_without_any_finding_is_told_so_and_gets_an_experiment() -> None:
    said = coach(CALM)
    assert said.advice == {}
    assert "Nothing stands out after 4 epochs: training accuracy 96.5 %, validation 96.3 %." in said.summary
    assert said.next is not None and said.next.spec.seed == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 5), st.floats(0, 1), st.floats(0.001, 5), st.floats(0, 1)), min_size=1, max_size=12),
    st.sampled_from([1, 10, STEPS]),
    st.sampled_from([0, 4, 100, 6_000]),
    st.sampled_from([spec(), NORMALISED, SIX_SIGMOIDS, spec(scaling="none"), spec(learning_rate=1e-5), spec(learning_rate=1.0)]),
    st.floats(0, 1),
    st.booleans(),
)
def test_nobody_is_told_more_than_three_things(curves, steps, validation_images, run, dead, broke_off) -> None:
    losses, accuracies, validation_losses, validation_accuracies = map(list, zip(*curves, strict=True))
    made = case(
        losses,
        accuracies,
        validation_losses,
        validation_accuracies,
        steps=steps,
        validation_images=validation_images,
        spec=run.model_copy(update={"epochs": len(curves)}),
        layers=health(dead),
        broke_off=broke_off,
    )
    assert len(coach(made).advice) <= 3


def first(run: Case) -> tuple[str, Experiment]:
    """The rule that speaks first, and what it proposes."""
    name, advice = next(iter(coach(run).advice.items()))
    return name, advice.experiment


def test_sigmoids_on_top_of_each_other_are_not_too_small() -> None:
    deep = spec(*[DenseLayer(units=32, activation="sigmoid")] * 6, epochs=8)
    losses, accuracies = [2.3, 2.2, 1.9, 1.7, 1.6, 1.55, 1.54, 1.53], [0.11, 0.2, 0.3, 0.38, 0.42, 0.44, 0.45, 0.45]
    name, experiment = first(case(losses, accuracies, losses, accuracies, spec=deep, layers=health(*[0.0] * 6)))
    assert (name, experiment.label) == ("vanishing", "ReLU in these 6 layers")


def test_dropout_that_leaves_hardly_anything_is_not_called_no_fault() -> None:
    run = case(**DROPPED, spec=spec(DenseLayer(units=128), DropoutLayer(rate=0.9)))
    name, experiment = first(run)
    assert (name, experiment.label) == ("much_dropout", "half as much dropout")
    assert list(coach(run).advice) == ["much_dropout"]


def test_averages_that_lag_are_told_by_the_loss_where_six_images_can_not_tell() -> None:
    """Eight pictures of each class, of which a tenth are held back: validation is nearly what guessing is, 2.3, after 8 steps."""
    recipe = RECIPES["mnist-cnn"].spec
    losses, accuracies = [2.6, 1.9, 1.5, 1.2, 1.0, 0.9, 0.8, 0.75], [0.2, 0.4, 0.5, 0.6, 0.7, 0.75, 0.78, 0.8]
    validation = [2.3, 2.3, 2.29, 2.28, 2.27, 2.25, 2.24, 2.23], [1 / 6, 1 / 6, 2 / 6, 2 / 6, 3 / 6, 3 / 6, 4 / 6, 4 / 6]
    run = case(losses, accuracies, *validation, steps=1, spec=recipe, validation_images=6, training_images=74, majority=0.1)
    name, experiment = first(run)
    assert name == "unsettled_averages" and experiment.spec.epochs == 500
    assert "After 8 steps the validation cross-entropy is 2.23, that of the training images 0.75" in coach(run).advice[name].finding


def test_progress_is_judged_by_what_is_above_the_floor_of_smoothed_labels() -> None:
    """With a tenth smoothed over ten classes no loss gets below 0.5: from 0.56 to 0.535 is not level, but four tenths of the way."""
    smoothed = spec(loss="categorical_crossentropy", label_smoothing=0.1, epochs=8)
    falling = [0.9, 0.75, 0.68, 0.62, 0.58, 0.56, 0.545, 0.535]
    said = coach(case([loss + 0.01 for loss in falling], validation_losses=falling, spec=smoothed)).advice
    assert list(said) == ["progress"]
    assert "fell by another 41.9 % of what is above the 0.5 that it can't get below, to 0.535" in said["progress"].finding
    # Without smoothing, those losses would have levelled off.
    assert smoothing_floor(spec(), 10) == 0


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error", "mean_absolute_error", "categorical_hinge"])
@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.5])
def test_the_floor_is_the_least_that_the_loss_can_be(loss: str, smoothing: float) -> None:
    import keras

    smoothed = spec(loss=loss, label_smoothing=smoothing)
    target = np.full(4, smoothing / 4)
    target[0] += 1 - smoothing
    sure = [np.append(right, np.full(3, (1 - right) / 3)) for right in np.linspace(0.25, 1.0, 301)]
    probabilities = np.concatenate([sure, np.random.default_rng(1).dirichlet(np.full(4, 0.3), 2_000)])
    losses = np.asarray(getattr(keras.losses, loss)(np.tile(target, (len(probabilities), 1)), probabilities))
    assert losses.min() == pytest.approx(smoothing_floor(smoothed, 4), abs=2e-3)


def test_progress_is_judged_without_the_penalty_on_the_weights() -> None:
    """A loss of 1.2, of which 1.0 is the penalty: from 1.23 to 1.2 is an eighth of what can be brought down."""
    layer = DenseLayer(units=64, l2=0.0005)
    # 784 x 64 weights of root mean square 0.2: 0.0005 times the sum of their squares is 1.0.
    layers = (replace(health(0.0)[0], weight=0.2), health(0.0)[1])
    run = case(validation_losses=[1.4, 1.26, 1.23, 1.2], spec=spec(layer), layers=layers)
    assert run.penalty == pytest.approx(1.0035, abs=1e-4)
    assert "progress" in coach(run).advice
    assert "progress" not in coach(replace(run, layers=())).advice


def test_nothing_stands_out_is_never_said_beside_an_accuracy_like_that_of_the_majority() -> None:
    run = case([0.25, 0.2, 0.19, 0.19], [0.952] * 4, [0.21, 0.2, 0.195, 0.195], [0.952] * 4, **NEARLY_ALL_ONE)
    said = coach(run)
    assert list(said.advice) == ["majority"] and "Nothing" not in said.summary


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 5), st.floats(0, 1), st.floats(0.001, 5), st.floats(0, 1)), min_size=1, max_size=12),
    st.floats(0.1, 0.99),
    st.sampled_from([20, 600]),
)
def test_silence_means_that_the_accuracy_is_above_that_of_the_majority(curves: Any, majority: float, images: int) -> None:
    run = case(*map(list, zip(*curves, strict=True)), majority=majority, validation_images=images, spec=spec(epochs=len(curves)))
    if not coach(run).advice:
        assert wilson_interval(round((run.validation_accuracy or 0) * images), images)[0] > majority


def test_a_run_without_a_whole_epoch_has_no_curves_to_judge() -> None:
    said = coach(replace(CALM, epochs=()))
    assert (said.advice, said.next) == ({}, None)
    assert "No epoch was complete" in said.summary


def test_a_run_that_broke_off_gets_the_usual_rate() -> None:
    run = replace(CALM, spec=spec(optimiser="sgd", learning_rate=10.0), broke_off=True)
    assert coach(run).advice["break"].experiment.spec == spec(optimiser="sgd", learning_rate=0.1)


def test_the_recipe_that_fails_on_purpose_is_told_to_scale_and_nothing_else() -> None:
    raw = RECIPES["mnist-784-32-raw"].spec
    said = coach(case(**FLAT, first_loss=101.9, spec=raw, layers=health(1.0, 1.0))).advice
    assert list(said) == ["raw_pixels"]
    assert "100.0 % of the 784 units" in said["raw_pixels"].finding
    assert said["raw_pixels"].experiment.spec == raw.model_copy(update={"scaling": "divide", "recipe": None})


@pytest.mark.parametrize(
    ("run", "words", "changed"),
    [
        (spec(DenseLayer(), DropoutLayer(rate=0.5)), "dropout switches units off", {"hidden": (DenseLayer(), DropoutLayer(rate=0.25))}),
        (spec(augmentation=Augmentation(shift=0.1)), "are moved and spoiled", {"augmentation": Augmentation()}),
        (spec(), "the mean over the whole epoch", {"epochs": 8}),
    ],
)
def test_why_validation_is_ahead_depends_on_the_network(run: TrainingSpec, words: str, changed: dict[str, Any]) -> None:
    advice = coach(case(**AHEAD, spec=run)).advice["ahead"]
    assert words in advice.explanation
    assert advice.experiment.spec == run.model_copy(update=changed)


def test_what_helps_against_memorising_is_what_has_not_been_tried() -> None:
    labels, run = [], case(**MEMORISED, spec=spec(DenseLayer(), DenseLayer(units=32), training_images=500))
    for _ in range(5):
        experiment = against_memorising(run)
        labels.append(experiment.label)
        run = replace(run, spec=experiment.spec)
    assert labels == [
        "all training images instead of 500",
        "dropout of 0.3 behind each Dense layer",
        "training images shifted by up to 8 % of their side",
        "keeping the best epoch and stopping early after 5",
        "a weight decay of 0.004",
    ]
    assert [layer.kind for layer in run.spec.hidden] == ["dense", "dropout", "dense", "dropout"]


def test_a_network_that_is_too_small_grows_where_it_is_smallest() -> None:
    labels, run = [], case(**LOW, spec=spec(DropoutLayer(rate=0.1), hidden=()))
    for _ in range(3):
        experiment = enlarge(run)
        labels.append(experiment.label)
        run = replace(run, spec=experiment.spec)
    assert labels == ["a hidden Dense layer of 128 units", "two convolutions with pooling in front", "twice as many units and filters"]
    assert enlarge(case(spec=spec(DenseLayer(units=4), DenseLayer(units=128)))).spec.hidden == (DenseLayer(units=64), DenseLayer(units=128))
    assert enlarge(case(spec=spec(DenseLayer(), DropoutLayer(rate=0.8)))).label == "half as much dropout"


def test_longer_means_to_the_end_first_and_then_twice_as_long() -> None:
    assert train_longer(case(spec=spec(epochs=40))).spec.epochs == 40
    assert train_longer(case()).spec.epochs == 8
    reached = replace(CALM, spec=spec(target_accuracy=0.96), marks=(Marked(Mark.TARGET_REACHED, 4, 1600, 4.0),))
    assert train_longer(reached).spec.target_accuracy is None


def test_a_rate_that_is_far_off_is_put_right_at_once() -> None:
    assert raise_rate(case(spec=spec(learning_rate=1e-6))).spec.learning_rate == 0.001
    assert raise_rate(case(spec=spec(learning_rate=1e-4))).spec.learning_rate == 0.001
    assert lower_rate(case(spec=spec(learning_rate=1.0))).spec.learning_rate == 0.001
    assert lower_rate(case(spec=spec(learning_rate=0.05))).spec.learning_rate == 0.001
    assert lower_rate(case(spec=spec(learning_rate=0.004))).spec.learning_rate == 0.0004
    assert raise_rate(case(spec=spec(learning_rate=0.0003))).spec.learning_rate == 0.003


EXPERIMENTS: tuple[Callable[[Case], Experiment], ...] = (
    lower_rate,
    raise_rate,
    scale_pixels,
    train_longer,
    lambda run: train_for_steps(run, 1_000),
    smaller_batches,
    another_seed,
    hold_back,
    settle,
    against_memorising,
    enlarge,
)


@settings(max_examples=40, deadline=None)
@given(
    networks(),
    st.fixed_dictionaries(
        {
            "learning_rate": st.floats(1e-12, 10),
            "epochs": st.integers(1, 500),
            "batch_size": st.integers(1, 8192),
            "schedule": st.sampled_from(sorted(SCHEDULES)),
            "training_images": st.none() | st.integers(100, 1000),
            "keep_best": st.booleans(),
            "seed": st.integers(0, 2**31 - 1),
        }
    ),
)
def test_every_experiment_on_a_network_that_can_be_trained_can_be_trained(network: tuple[TrainingSpec, Any], values: Any) -> None:
    random_spec, image_shape = network
    random_spec = TrainingSpec(**dict(random_spec) | values)
    run = case(spec=random_spec, image_shape=image_shape, class_count=3)
    for experiment in EXPERIMENTS:
        changed = experiment(run).spec
        assert TrainingSpec.model_validate(changed.model_dump()) == changed
        plan_layers(changed, image_shape, 3)


@pytest.mark.parametrize("name", RECIPES)
def test_every_advice_on_a_recipe_can_be_trained(name: str) -> None:
    recipe = RECIPES[name].spec.model_copy(update={"dataset": "mnist"})
    for curves in (FLAT, SLOW, MEMORISED, LOW, AHEAD, {}):
        said = coach(case(**curves, spec=recipe))
        for experiment in [one.experiment for one in said.advice.values()] + ([said.next] if said.next else []):
            check_network(experiment.spec, (28, 28), 10, 60_000)


def test_a_case_is_made_of_what_a_run_said_and_its_set(tiny_set: ImageSet) -> None:
    made = build_case(spec(Conv2DLayer()), tiny_set, TrainingStarted(10, 120, 30, 4, {}), epochs=CALM.epochs)
    assert (made.image_shape, made.class_count, made.training_images, made.validation_images) == ((8, 8), 4, 120, 30)
    assert made.majority == max((tiny_set.y_train == label).mean() for label in range(4))


def test_differences_are_judged_by_the_number_of_images() -> None:
    # Wilson's interval of 90 of 100 is 82.6 to 94.5 %.
    assert margin(0.9, 100) == pytest.approx((0.9448 - 0.8256) / 2, abs=1e-4)
    assert margin(1.0, 100) > 0
    assert margin(0.9, 0) == 0


def test_a_gap_is_judged_by_the_interval_of_a_difference() -> None:
    # Newcombe (1998), table II, method 10: 56 of 70 and 48 of 80 differ by 0.2, with an interval from 0.0524 to 0.3339.
    one = case([0.5], [56 / 70], [0.5], [48 / 80], training_images=70, validation_images=80)
    assert one.gap - one.gap_margin == pytest.approx(0.0524, abs=1e-4)
    other = case([0.5], [48 / 80], [0.5], [56 / 70], training_images=80, validation_images=70)
    assert -other.gap - other.gap_margin == pytest.approx(0.0524, abs=1e-4)


def test_small_rates_are_written_without_an_exponent() -> None:
    assert [number(value) for value in (0.00001, 0.0005, 1.0, 10.0, 0.03)] == ["0.00001", "0.0005", "1", "10", "0.03"]


def test_ratios_are_told_in_words_that_exist() -> None:
    ratios = (100.0, 10.4, 3.0, 2.0, 1.5, 0.5, 1 / 3, 0.4, 0.25, 0.1, 0.037, 0.01, 0.001, 0.0001, 1e-6)
    assert [times(ratio) for ratio in ratios] == [
        *("100 times", "10 times", "3 times", "twice", "1.5 times", "half", "a third of", "0.4 times", "a quarter of", "a tenth of"),
        *("0.037 times", "a hundredth of", "a thousandth of", "a ten-thousandth of", "0.000001 times"),
    ]


def test_half_of_the_usual_rate_is_called_half_of_it() -> None:
    fell = case(**FELL_BACK, spec=spec(learning_rate=0.0005))
    assert "is half the usual 0.001 for Adam" in coach(fell).advice["high_rate"].finding


def test_only_numbers_out_of_bounds_count_as_a_break() -> None:
    assert is_break("Training broke off in epoch 1, at step 5: the loss was no longer a number, because the steps grew without limit.")
    assert not is_break("The worker was killed.")
    assert not is_break(None)


@pytest.mark.slow
def test_a_training_that_breaks_off_is_recognised_by_what_it_says(tiny_set: ImageSet) -> None:
    layers = (DenseLayer(activation="linear"), DenseLayer(activation="linear"))
    events: list[TrainingEvent] = []
    with pytest.raises(TrainingFailed) as failure:
        train(spec(*layers, dataset="rows", optimiser="sgd", learning_rate=10.0, epochs=20), tiny_set, events.append)
    assert is_break(str(failure.value))
    started = next(event for event in events if isinstance(event, TrainingStarted))
    assert list(coach(build_case(spec(*layers), tiny_set, started, broke_off=True)).advice) == ["break"]


@pytest.mark.parametrize("right", [0, 2, 4])
def test_four_validation_images_decide_nothing(right: int) -> None:
    """Neither that it is good, nor that it memorises, has levelled off or names one class."""
    few = [right / 4] * 4
    said = coach(case(None, None, [0.4, 0.1, 0.9, 2.5], few, validation_images=4, training_images=36))
    assert "overfitting" not in said.advice and "plateau" not in said.advice and "majority" not in said.advice
    told = said.advice["few_validation"]
    assert f"Of 4 validation images it got {right} right" in told.finding and "95 % interval" in told.finding
    assert "undecided" in told.title
    # 30 of 40 can't be held back.
    assert told.experiment.spec.split_seed != case().spec.split_seed


def test_a_poor_network_is_not_called_good_for_four_validation_images() -> None:
    poor, by_heart = [2.2, 2.1, 2.0, 2.0], [0.2, 0.2, 0.25, 0.25]
    few = case(poor, by_heart, None, [1.0] * 4, validation_images=4, training_images=36, spec=spec(DenseLayer(units=2)))
    assert "too_small" in coach(few).advice
    assert "too_small" not in coach(replace(few, validation_images=400)).advice


def test_with_enough_images_a_share_that_can_tell_is_proposed() -> None:
    told = coach(case(validation_images=10, training_images=990, spec=spec(validation_split=0.01))).advice["few_validation"]
    assert told.experiment.spec.validation_split == 0.03
