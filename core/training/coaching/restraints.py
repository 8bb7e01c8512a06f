"""Rules on runs that a setting holds back: first weights, limits, schedules, losses, dropout, penalties, augmentation, missing activations.

Each speaks only where the network has not learned what there is to learn, and the setting is far outside of what is usual.
"""

from __future__ import annotations

from core.networks.layers import Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.losses import LOSSES
from core.training.coaching import experiments
from core.training.coaching.case import Case, counted, number, percent
from core.training.coaching.rule import Advice
from core.training.events import Mark

DISTANCE = 1.0
"""How far all steps together have to be able to carry the weights: from Glorot's start to a network that reads digits it is 3 and more."""

SCALED = ("sgd", "momentum", "nesterov")
"""Optimisers whose steps are as long as the gradient. The others divide by its size, so that a limit on it changes nothing."""

IDLE_RATE = 0.1
"""Of its highest: with a rate below that, an epoch hardly adds anything."""

IDLE_EPOCHS = 2 / 3
"""The share of the epochs with such a rate from which on the schedule is the first suspect. Cosine and one cycle come to a quarter."""

POOR = 0.75
"""The share of what can be learned below which a loss that is only slow is to blame."""

MUCH_DROPOUT = 0.7
"""The share dropped from which on hardly any network learns well; 0.5 is usual (Hinton et al., 2012)."""

FEW_LEFT = 12
"""Units that dropout leaves on, on average: with fewer, each image is answered by a handful."""

STRONG_L2 = 0.01
"""From there on an L2 penalty is past what is usual, 0.00001 to 0.001: it keeps a network from ever being sure of an answer."""

STRONG_DECAY = 0.01
"""Weight decay that holds SGD's weights back: they settle where the gradient is this many times the weight."""


def find_zero_weights(case: Case) -> Advice | None:
    """A layer started with all weights at 0, and the network did not get far."""
    zeros = [place for place, layer in enumerate(case.spec.hidden) if getattr(layer, "initialiser", "") == "zeros"]
    if case.is_good or not zeros:
        return None
    which = f"Hidden layer {zeros[0] + 1} starts" if len(zeros) == 1 else f"{len(zeros)} hidden layers start"
    return Advice(
        "All units are the same",
        f"{which} with all weights at 0, and after {counted(case.total_steps, 'step')} {_so_far(case)}.",
        "Weights that all start at 0 get the same gradient or none, so that the units never come to differ.",
        experiments.with_first_weights(case),
    )


def find_gradient_limit(case: Case) -> Advice | None:
    """The limit on gradients is so low that all steps together lead nowhere."""
    spec = case.spec
    if case.is_good or spec.clip_norm is None or spec.optimiser not in SCALED:
        return None
    per_epoch = case.total_steps / len(case.epochs)
    rates = sum(epoch.learning_rate or case.rate for epoch in case.epochs) * per_epoch
    reach = spec.clip_norm * rates / (1 - spec.optimiser_options().get("momentum", 0.0))
    if reach >= DISTANCE:
        return None
    return Advice(
        "The gradient limit is too low",
        f"With gradients no longer than {number(spec.clip_norm)}, {counted(case.total_steps, 'step')} could move all weights together by "
        f"{reach:.2g} at most, and {_so_far(case)}.",
        "A limit is there to cut off rare, far too long gradients. Below the usual ones it makes every step short, whatever the rate says.",
        experiments.change(case, "the same without a gradient limit", clip_norm=None),
    )


def find_idle_schedule(case: Case) -> Advice | None:
    """The schedule took the rate down long before the network was done."""
    rates = [epoch.learning_rate for epoch in case.epochs if epoch.learning_rate]
    is_changed = any(mark.mark == Mark.RATE_CHANGED for mark in case.marks)
    if case.is_good or is_changed or len(rates) < 3 or case.spec.schedule == "constant":
        return None
    idle = sum(rate < IDLE_RATE * max(rates) for rate in rates)
    if idle < IDLE_EPOCHS * len(rates):
        return None
    return Advice(
        "The learning rate dies out too soon",
        f"In {idle} of {counted(len(rates), 'epoch')} the rate was below a tenth of its highest, {number(max(rates))}; in the last it was "
        f"{number(rates[-1])}. Since then little has changed: {_so_far(case)}.",
        "A schedule that falls lets a network settle, but only once it has found where: with steps near 0 it stays where it is.",
        experiments.change(case, "the cosine schedule, which falls more slowly", schedule="cosine"),
    )


def find_loss(case: Case) -> Advice | None:
    """A loss that gives up on what is hard, or learns slowly, for a network that names classes."""
    loss = case.spec.loss
    if "crossentropy" in loss or case.is_good:
        return None
    if loss == "mean_squared_error" and case.mastery >= POOR:
        return None
    slope = "is nearly flat where the network is confidently wrong, so that it corrects those images slowly or never"
    return Advice(
        "The loss is not made for classes",
        f"With {LOSSES[loss].title[:1].lower()}{LOSSES[loss].title[1:]} as the loss, {_so_far(case)}.",
        f"On probabilities this loss {slope}; the cross-entropy is steepest just there.",
        experiments.change(case, "the cross-entropy as the loss", loss="categorical_crossentropy"),
    )


def find_much_dropout(case: Case) -> Advice | None:
    """So much is dropped that the network can't learn what it could without."""
    if case.is_good or _is_ahead_in_training(case):
        return None
    dropped = _dropped(case)
    strong = [(layer, left) for layer, left in dropped if layer.rate >= MUCH_DROPOUT or (layer.rate >= 0.5 and left < FEW_LEFT)]
    if not strong:
        return None
    layer, left = max(strong, key=lambda pair: pair[0].rate)
    return Advice(
        "Too much is dropped",
        f"Dropout of {layer.rate:g} leaves {left:,.0f} of {left / (1 - layer.rate):,.0f} values on in each step, and {_so_far(case)}.",
        "Dropout keeps a network from relying on single units. With nearly all of them off, each step learns from a stump of the"
        " network, and what one step learns the next hardly uses.",
        experiments.less_dropout(case),
    )


def find_strong_penalty(case: Case) -> Advice | None:
    """Penalties or decay keep the weights smaller than the answers need."""
    if case.is_good or _is_ahead_in_training(case):
        return None
    decay = case.spec.optimiser_options().get("weight_decay", 0.0)
    if max((getattr(layer, "l2", 0.0) for layer in case.spec.hidden), default=0.0) >= STRONG_L2:
        sign = f"The {case.name_loss('training')} is {case.last.loss:.3g}, of which {case.penalty:.2g} is the penalty on the weights left"
    elif decay >= STRONG_DECAY and case.spec.optimiser in SCALED:
        sign = f"Each step shrinks every weight by {percent(min(decay * case.rate, 1.0))}"
    else:
        return None
    return Advice(
        "The weights are held too small",
        f"{sign}, and {_so_far(case)}.",
        "A small penalty keeps a network from learning single images by heart. A large one costs more than mistakes do, so that the"
        " network keeps its weights small in place of getting images right.",
        experiments.less_penalty(case),
    )


def find_strong_augmentation(case: Case) -> Advice | None:
    """The training images are spoiled until they can hardly be read."""
    if case.is_good or not case.spec.augmentation.is_on or _is_ahead_in_training(case):
        return None
    gentle = experiments.gentle_augmentation(case)
    if gentle is None:
        return None
    return Advice(
        "The training images are changed too much",
        f"On images moved, turned or spoiled as they are here, {_so_far(case)}.",
        "Augmentation helps as long as the changed images are ones that might have been taken. Past that, the network learns to read"
        " images that never come, and has less room for those that do.",
        gentle,
    )


def find_no_activation(case: Case) -> Advice | None:
    """Hidden layers without any activation are worth no more than none."""
    layers = {place: layer for place, layer in enumerate(case.spec.hidden) if isinstance(layer, (DenseLayer, Conv2DLayer))}
    if case.is_good or not layers or any(layer.activation != "linear" for layer in layers.values()):
        return None
    return Advice(
        "The hidden layers have no activation",
        f"{counted(len(layers), 'hidden layer')} without an activation, and {_so_far(case)}.",
        "A sum of sums is a sum: without a bend in between, any number of layers can do no more than the output layer alone.",
        experiments.with_activation(case, "relu", "ReLU", set(layers)),
    )


def _so_far(case: Case) -> str:
    """The accuracies, in the middle of a sentence."""
    beside = "" if case.validation_accuracy is None else f", validation {percent(case.validation_accuracy)}"
    return f"the training accuracy is {percent(case.last.accuracy)}{beside}"


def _is_ahead_in_training(case: Case) -> bool:
    """Whether training is ahead of validation by more than luck: then nothing holds it back."""
    return case.steady_gap > case.gap_margin


def _dropped(case: Case) -> list[tuple[DropoutLayer, float]]:
    """Each dropout, and how many of the values before it are left on."""
    return [(step.layer, step.input_shape[-1] * (1 - step.layer.rate)) for step in case.plan if isinstance(step.layer, DropoutLayer)]
