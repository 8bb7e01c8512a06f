"""Rules on runs in which the network learned little or nothing: the rate, the pixels, units that are dead, gradients that vanish."""

from __future__ import annotations

import math
from itertools import accumulate

from core.networks.activations import ACTIVATIONS
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.optimisers import OPTIMISERS
from core.training.coaching import experiments
from core.training.coaching.case import Case, counted, number, percent, times
from core.training.coaching.rule import Advice
from core.training.events import LayerHealth
from core.training.glimpses import BATCH

HIGH_RATE = 3
"""Times the usual rate: up to that a rate is not the first suspect, since usual ones are within such a factor of the best."""

VERY_HIGH_RATE = 10
"""Times the usual rate: from there on dead units are most likely its doing."""

LOW_RATE = 0.1
"""Times the usual rate: rates from there down are rarely chosen because they are best."""

RISE = 1.05
"""By how much the training loss has to be above its lowest: less happens by the order of the images alone."""

FALL = 0.03
"""By how much the training accuracy has to fall for a usual rate to be to blame."""

WILD_START = 3
"""Times the loss of guessing, ln(classes). Fresh weights on scaled pixels begin within a fifth of it, here on 35 measured runs."""

MANY_DEAD = 0.5
"""The share of a layer's units. Healthy ReLU layers on digits had 0 to 0.28 in measured runs, on photos up to 0.8 once they lost some."""

VANISHED = 1e-3
"""The first layer's gradient in relation to the output's: 0.05 to 1 in measured runs that learned, 0.0001 in six sigmoid layers."""

SEVERAL_UNITS = 8
"""Dead units that are not just one of two: a layer that small has another fault."""

SETTLED_STEPS = 500
"""BatchNormalization's running averages keep 0.99 of themselves in each step: after 500 steps less than 1 % of their start is left."""

FEW_STEPS = 300
"""Adam moves a weight by about its rate in each step: 300 steps of 0.001 are about the distance that weights have to go."""

USUAL_BATCH = 32
"""Images in a batch that is not the reason for few steps."""

LAGS = 1.3
"""Times the training loss: a validation loss above that, after few steps, is no matter of which images were drawn."""

DEEP = 3
"""Squashing layers on top of each other from which on learning gets slow (Glorot and Bengio, 2010)."""

SQUASHING = ("sigmoid", "hard_sigmoid")
"""Activations whose slope is a quarter at most: each layer takes that much of the gradient."""

HARDLY = 1.02
"""Times the lowest so far: a loss within that has not risen."""

_STUCK = ("relu", "hard_sigmoid")


def find_break(case: Case) -> Advice | None:
    """The loss or a weight was no longer a number."""
    if not case.broke_off:
        return None
    good = (
        f" After the last whole epoch the {case.name_loss('training')} was {case.last.loss:.3g}; its weights are kept."
        if case.epochs
        else ""
    )
    return Advice(
        "The learning rate is too high",
        f"The training broke off in epoch {len(case.epochs) + 1}, at a learning rate of {number(case.rate)}, because its numbers "
        f"grew without limit.{good}",
        "Each step went so far past the lowest point that the next slope was steeper still, until the numbers were too large to be held.",
        experiments.lower_rate(case),
    )


def find_raw_pixels(case: Case) -> Advice | None:
    """The pixels were not scaled, and it shows."""
    starts = [layer.kind for layer in case.spec.hidden if layer.kind in ("dense", "conv2d", "batch_normalization")]
    if case.spec.scaling != "none" or starts[:1] == ["batch_normalization"]:
        return None
    guessing = math.log(case.class_count)
    is_wild = case.first_loss is not None and case.first_loss > WILD_START * guessing
    if case.is_good or not (is_wild or case.broke_off or case.has_learned_nothing):
        return None
    signs = [f"the {case.name_loss('training')} began at {case.first_loss:.3g} in place of about {guessing:.1f}"] if is_wild else []
    if case.epochs:
        signs.append(f"the training accuracy ended at {percent(case.last.accuracy)}")
    worst = _worst(case)
    if worst is not None and worst.dead >= MANY_DEAD:
        signs.append(f"{_dead_share(case, worst)}")
    return Advice(
        "The pixels went in as they are stored",
        f"Without scaling, {_join(signs)}." if signs else "Without scaling, it broke off before there was anything to measure.",
        "First weights are made for inputs of about 0 to 1: with larger ones the first steps are far too long, and ReLU units that they"
        " push below 0 for all images have no slope to come back by.",
        experiments.scale_pixels(case),
    )


def find_high_rate(case: Case) -> Advice | None:
    """The training loss rose again, or nothing was learned, or the units died, at a high rate."""
    lowest = min(case.epochs, key=lambda epoch: epoch.loss)
    highest = max(epoch.accuracy for epoch in case.epochs)
    # At a usual rate the last few images of a network that has learned them come and go.
    least = case.training_margin if case.rate_ratio >= HIGH_RATE else max(case.training_margin, FALL)
    fell_back = highest - case.last.accuracy > least
    worst = _worst(case)
    rose = case.above_floor(case.last.loss) > RISE * case.above_floor(lowest.loss) and lowest.epoch < case.last.epoch
    if rose and fell_back:
        sign = f"The {case.name_loss('training')} rose from {lowest.loss:.3g} after epoch {lowest.epoch} to {case.last.loss:.3g}"
    elif case.rate_ratio >= HIGH_RATE and case.has_learned_nothing:
        sign = f"It is right about {percent(case.last.accuracy)} of its training images in the end, as by guessing"
    elif worst is not None and worst.dead >= MANY_DEAD and case.rate_ratio >= VERY_HIGH_RATE:
        sign = _dead_share(case, worst)
    elif not case.is_good and case.rate_ratio >= VERY_HIGH_RATE:
        sign = f"It is right about {percent(case.last.accuracy)} of its training images and gets no further"
    else:
        return None
    return Advice(
        "The learning rate is too high",
        f"{sign}. The learning rate of {number(case.rate)} {_compare_rate(case)}.",
        "Steps that are too long jump over the lowest point, and land somewhere higher or where nothing can be learned any more.",
        experiments.lower_rate(case),
    )


def find_dead_units(case: Case) -> Advice | None:
    """Half of a layer's units or more give 0 whatever they see, in a network that could do with them."""
    dead = [
        (health, found)
        for health in case.layers
        if health.dead >= MANY_DEAD and (found := case.layer_of(health)) and health.dead * _size(found[1]) >= SEVERAL_UNITS
    ]
    if not dead or case.is_good:
        return None
    worst, (_, layer) = max(dead, key=lambda pair: pair[0].dead)
    places = {place for health, (place, layer) in dead if layer.activation in _STUCK}
    return Advice(
        "Many units are dead",
        f"{_dead_share(case, worst)}. The accuracy on the training images is {percent(case.last.accuracy)}.",
        f"Where {ACTIVATIONS[layer.activation].title} gives 0 it has no slope, so a unit that is below 0 for all images is never changed"
        " again: it costs time and contributes nothing.",
        experiments.with_activation(case, "leaky_relu", "Leaky ReLU", places),
    )


def find_vanishing(case: Case) -> Advice | None:
    """The gradient hardly reaches the first layers: as measured, or because sigmoids lie on top of each other."""
    if len(case.layers) < 2 or case.is_good:
        return None
    *hidden, output = case.layers
    weakest = min(hidden, key=lambda layer: layer.gradient)
    is_measured = 0 < hidden[0].gradient < VANISHED * output.gradient
    if not (is_measured or longest_stack(case, SQUASHING) >= DEEP) or not weakest.gradient:
        return None
    places = {found[0] for health in hidden if (found := case.layer_of(health)) and found[1].activation != "relu"}
    if not places:
        return None
    return Advice(
        "The gradient vanishes on its way back",
        f"At the output it is about {float(f'{output.gradient / weakest.gradient:.1g}'):,.0f} times as large as in the hidden layer where "
        f"it is weakest ({output.gradient:.1e} against {weakest.gradient:.1e}), and the accuracy is {percent(case.last.accuracy)}.",
        "On its way to the first layer the gradient is multiplied by the slope of every activation in between: at most a quarter for"
        " sigmoid, next to nothing where a curve is flat.",
        experiments.with_activation(case, "relu", "ReLU", places),
    )


def longest_stack(case: Case, activations: tuple[str, ...]) -> int:
    """How many layers with such an activation lie on top of each other, without one that normalises in between."""
    longest = length = 0
    for layer in case.spec.hidden:
        if isinstance(layer, (DenseLayer, Conv2DLayer)) or layer.kind == "batch_normalization":
            length = length + 1 if getattr(layer, "activation", "") in activations else 0
            longest = max(longest, length)
    return longest


def find_unsettled_averages(case: Case) -> Advice | None:
    """BatchNormalization had too few steps for the averages that validation goes by; the loss tells it, also of few images."""
    has_normalisation = any(layer.kind == "batch_normalization" for layer in case.spec.hidden)
    if not has_normalisation or case.total_steps >= SETTLED_STEPS or case.last.validation_loss is None:
        return None
    if case.losses[-1] <= LAGS * case.above_floor(case.last.loss):
        return None
    return Advice(
        "BatchNormalization has not settled",
        f"After {counted(case.total_steps, 'step')} the {case.name_loss('validation')} is {case.last.validation_loss:.3g}, that of "
        f"the training images {case.last.loss:.3g}; answers without knowing anything have {math.log(case.class_count):.3g}.",
        "While it trains, this layer goes by each batch; to answer, by averages that creep towards their values by a hundredth in each"
        " step, so validation lags behind at first.",
        experiments.train_for_steps(case, 2 * SETTLED_STEPS),
    )


def find_low_rate(case: Case) -> Advice | None:
    """The loss still falls, far from its end, at a rate far below the usual one."""
    last = case.last
    # The very first point is of a single batch, and may be lower than those that follow by luck.
    first = max(case.first_loss or 0.0, case.epochs[0].loss)
    if case.rate_ratio > LOW_RATE or case.is_good or last.loss > first or not _falls(case):
        return None
    return Advice(
        "The learning rate is too low",
        f"In {counted(last.step, 'step')} the {case.name_loss('training')} only got from {first:.3g} to {last.loss:.3g}, a little "
        f"in every epoch, and the accuracy to {percent(last.accuracy)}. The learning rate of {number(case.rate)} {_compare_rate(case)}.",
        "The direction is right, as the loss falls without a setback, but the steps are so short that it would take very many of them.",
        experiments.raise_rate(case),
    )


def find_few_steps(case: Case) -> Advice | None:
    """The weights were hardly moved."""
    if case.total_steps >= FEW_STEPS or case.is_good or case.spec.batch_size < 4 or not _falls(case):
        return None
    per_epoch = -(-case.training_images // case.spec.batch_size)
    return Advice(
        "It took few steps",
        f"The loss still falls, but with {case.training_images:,} images in batches of {case.spec.batch_size:,} an epoch is "
        f"{counted(per_epoch, 'step')}: {counted(case.total_steps, 'step')} in all, for an accuracy of {percent(case.last.accuracy)}.",
        "Each step moves the weights once, however many images it averages: smaller batches move them more often in the same time, and"
        " more epochs more often in all.",
        experiments.smaller_batches(case) if case.spec.batch_size > USUAL_BATCH else experiments.train_for_steps(case, 2 * FEW_STEPS),
    )


def _worst(case: Case) -> LayerHealth | None:
    """The layer with the largest share of dead units."""
    return max(case.layers, key=lambda layer: layer.dead, default=None)


def _falls(case: Case) -> bool:
    """Whether the training loss went down all the way, but for what the order of the images does to it."""
    losses = [epoch.loss for epoch in case.epochs]
    lowest = accumulate(losses, min)
    return losses[-1] <= losses[0] and all(loss < HARDLY * least for loss, least in zip(losses, lowest, strict=True))


def _compare_rate(case: Case) -> str:
    """The rate in relation to the usual one, as the end of a sentence."""
    optimiser, ratio = OPTIMISERS[case.spec.optimiser], case.rate_ratio
    if 0.5 < ratio < 2:
        return f"is about the usual one for {optimiser.title}, but too much for this network"
    return f"is {times(ratio)} the usual {number(optimiser.default_rate)} for {optimiser.title}"


def _size(layer: DenseLayer | Conv2DLayer) -> int:
    return layer.units if isinstance(layer, DenseLayer) else layer.filters


def _dead_share(case: Case, health: LayerHealth) -> str:
    """How much of a layer is dead, without a full stop."""
    found = case.layer_of(health)
    if found is None:
        return f"{percent(health.dead)} of the outputs gave 0 for each of the training images looked at last"
    place, layer = found
    units = f"{_size(layer):,} {'units' if isinstance(layer, DenseLayer) else 'filters'}"
    seen = min(BATCH, case.training_images)
    return f"{percent(health.dead)} of the {units} of hidden layer {place + 1} gave 0 for each of the {seen} training images looked at last"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
