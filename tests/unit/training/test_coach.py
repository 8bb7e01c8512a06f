"""The coach: each rule on curves made for it, and on curves where it must stay silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.image_set import ImageSet
from core.errors import TrainingFailed
from core.networks.advice import check_network
from core.networks.augmentation import Augmentation
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.plan import plan_layers
from core.networks.recipes import RECIPES
from core.networks.schedules import SCHEDULES
from core.networks.spec import TrainingSpec
from core.training.coach import RULES, Case, build_case, coach, is_break
from core.training.coaching.case import margin, number, times
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

SPEAKS: dict[str, list[tuple[Case, str]]] = {
    "break": [
        (replace(case(), broke_off=True), "in epoch 5, at a learning rate of 0.001"),
        (replace(CALM, steps=(), epochs=(), broke_off=True), "in epoch 1"),
        (replace(CALM, marks=(Marked(Mark.RATE_CHANGED, 2, 500, 1.0, 50.0),), broke_off=True), "at a learning rate of 0.05,"),
    ],
    "raw_pixels": [
        (case(**FLAT, first_loss=102.0, spec=spec(scaling="none"), layers=health(1.0)), "began at 102 in place of about 2.3"),
        (case(**FLAT, spec=spec(scaling="none")), "ended at 11.0 %"),
        (replace(CALM, spec=spec(scaling="none"), steps=(), epochs=(), broke_off=True), "before there was anything to measure"),
    ],
    "high_rate": [
        (case([1.2, 1.21, 1.27, 1.31], [0.66, 0.65, 0.59, 0.56]), "rose from 1.2 after epoch 1 to 1.31"),
        (case(**FLAT, spec=spec(optimiser="sgd", learning_rate=10.0)), "The learning rate of 10 is 100 times the usual 0.1 for SGD"),
        (case(spec=spec(learning_rate=0.03), layers=health(0.67)), "67.0 % of the 64 units of hidden layer 1"),
    ],
    "dead_units": [
        (case(layers=health(0.77)), "77.0 % of the 64 units of hidden layer 1 gave 0 for each of the 64 training images"),
        (case(**FLAT, spec=spec(DenseLayer(initialiser="zeros")), layers=health(1.0)), "100.0 % of the 64 units"),
    ],
    "vanishing": [
        (case(**FLAT, spec=SIX_SIGMOIDS, layers=health(*[0.0] * 6, first_gradient=2e-6)), "about 5,000 times as large"),
    ],
    "unsettled_averages": [
        (
            case([1.3, 0.5], [0.56, 0.85], [1.4, 1.1], [0.6, 0.71], steps=10, spec=NORMALISED),
            "Training accuracy 85.0 %, validation 71.0 %, after 20 steps.",
        ),
    ],
    "low_rate": [(case(**SLOW, spec=spec(learning_rate=1e-6)), "from 2.35 to 2.15")],
    "few_steps": [
        (case(**SLOW, steps=1, spec=spec(batch_size=2048), training_images=1_200), "1 step: 4 steps in all, for an accuracy of 20.0 %"),
    ],
    "overfitting": [
        (case(**MEMORISED), "lowest after epoch 2 (0.3) and has risen to 0.4 since"),
        (
            case(accuracies=[0.88, 0.94, 0.98, 0.985]),
            "a gap of 2.2 points, where up to 0.5 points can be luck. It has been there since epoch 3.",
        ),
    ],
    "progress": [
        (case(validation_losses=[0.4, 0.3, 0.28, 0.25]), "Over the last epoch of 4 the validation loss fell by another 10.7 %, to 0.25."),
        (case([0.5, 0.3, 0.25, 0.2], validation_images=0), "the training loss fell by another 20.0 %"),
    ],
    "underfitting": [(case(**LOW), "Training accuracy 85.7 %, validation 85.6 %, give or take 0.9 points")],
    "plateau": [(case(**TIMES_TEN), "Over the last 2 epochs of 10 the validation loss came down to 0.244 at best, and after epoch 4")],
    "no_validation": [(case(validation_images=0, spec=spec(validation_split=0.0)), "All 54,000 images were trained on")],
    "ahead": [(case(**AHEAD, spec=spec(DenseLayer(), DropoutLayer(rate=0.5))), "9.3 points apart, more than the 0.6 points")],
}
"""Runs that a rule has to speak about, and part of what it says."""

SILENT: dict[str, list[Case]] = {
    # It failed, but not because of its numbers.
    "break": [CALM, replace(CALM, epochs=())],
    # It coped, or what comes first does the scaling, or the pixels were scaled.
    "raw_pixels": [
        case(first_loss=11.8, spec=spec(scaling="none")),
        case(**FLAT, first_loss=102.0, spec=spec(BatchNormalizationLayer(), DenseLayer(), scaling="none")),
        case(**FLAT, first_loss=102.0),
    ],
    # A loss that jumps a little, a high rate that works, and nothing learned at the usual rate.
    "high_rate": [case([0.25, 0.24, 0.245, 0.25]), case(spec=spec(learning_rate=0.02)), case(**FLAT)],
    # Some dead units are usual; other rules know better where the rate or the pixels are to blame.
    "dead_units": [case(layers=health(0.3, 0.1)), case(spec=spec(learning_rate=0.03), layers=health(0.67))],
    # A small gradient in a network that learned, and a usual one in one that did not.
    "vanishing": [case(layers=health(0.0, first_gradient=2e-6)), case(**FLAT, spec=SIX_SIGMOIDS, layers=health(*[0.0] * 6))],
    # Enough steps; no such layer; no gap.
    "unsettled_averages": [
        case([1.3, 0.5], [0.56, 0.85], [1.4, 1.1], [0.6, 0.71], steps=300, spec=NORMALISED),
        case([1.3, 0.5], [0.56, 0.85], [1.4, 1.1], [0.6, 0.71], steps=10),
        case(steps=10, spec=NORMALISED),
    ],
    # The usual rate; a low one that got there; a low one whose loss goes up and down.
    "low_rate": [case(**SLOW), case(spec=spec(learning_rate=1e-5)), case([2.3, 2.35, 2.2, 2.3], spec=spec(learning_rate=1e-5))],
    "few_steps": [case(**SLOW), case(steps=1)],
    # A gap that may be luck, one of a single epoch, a validation loss that rises without a gap, and no validation.
    "overfitting": [
        case(accuracies=[0.9, 0.95, 0.98, 0.985], validation_images=140),
        case(accuracies=[0.9, 0.95, 0.95, 0.985]),
        case([0.5, 0.3, 0.25, 0.24], validation_losses=[0.4, 0.2, 0.245, 0.25]),
        case(validation_images=0),
    ],
    # Less than it jumps from epoch to epoch, or a fall that came back.
    "progress": [CALM, case(validation_losses=[0.4, 0.3, 0.2, 0.25]), case([0.5])],
    # Good; memorised; not done yet; a single epoch.
    "underfitting": [CALM, case(**MEMORISED), case(**LOW | {"validation_losses": [0.6, 0.55, 0.52, 0.49]}), case([0.5])],
    # Too short to tell, or still falling.
    "plateau": [CALM, case([0.5, 0.3, *[0.25] * 8], validation_losses=[0.4, 0.3, 0.29, 0.28, 0.27, 0.26, 0.25, 0.24, 0.23, 0.2])],
    "no_validation": [CALM],
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
    assert advice.experiment.spec != run.spec


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
    st.sampled_from([0, 100, 6_000]),
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


def test_a_run_without_a_whole_epoch_has_no_curves_to_judge() -> None:
    said = coach(replace(CALM, epochs=()))
    assert (said.advice, said.next) == ({}, None)
    assert "No epoch was complete" in said.summary


def test_a_run_that_broke_off_gets_a_tenth_of_its_rate() -> None:
    run = replace(CALM, spec=spec(optimiser="sgd", learning_rate=10.0), broke_off=True)
    assert coach(run).advice["break"].experiment.spec == spec(optimiser="sgd", learning_rate=1.0)


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
    assert enlarge(case(spec=spec(DenseLayer(units=4)))).spec.hidden == (DenseLayer(units=16),)
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
    assert lower_rate(case(spec=spec(learning_rate=0.05))).spec.learning_rate == 0.005


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


def test_small_rates_are_written_without_an_exponent() -> None:
    assert [number(value) for value in (0.00001, 0.0005, 1.0, 10.0, 0.03)] == ["0.00001", "0.0005", "1", "10", "0.03"]


def test_ratios_are_told_in_words_that_exist() -> None:
    ratios = (100.0, 10.4, 3.0, 2.0, 1.5, 0.5, 1 / 3, 0.4, 0.25, 0.1, 0.037, 0.01, 0.001, 0.0001, 1e-6)
    assert [times(ratio) for ratio in ratios] == [
        *("100 times", "10 times", "3 times", "twice", "1.5 times", "half", "a third of", "0.4 times", "a quarter of", "a tenth of"),
        *("0.037 times", "a hundredth of", "a thousandth of", "a ten-thousandth of", "0.000001 times"),
    ]


def test_half_of_the_usual_rate_is_called_half_of_it() -> None:
    fell = case([1.2, 1.21, 1.27, 1.31], [0.66, 0.65, 0.59, 0.56], spec=spec(learning_rate=0.0005))
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
