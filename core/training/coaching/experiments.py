"""Experiments: a run's settings with one thing changed, ready to be trained."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.networks.augmentation import Augmentation
from core.networks.layers import Conv2DLayer, DenseLayer, DropoutLayer, Layer, MaxPoolingLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.plan import NEEDS_IMAGE
from core.networks.spec import MAX_LAYERS, TrainingSpec, read_spec
from core.training.coaching.case import FEWEST, Case, number
from core.training.events import Mark

DROPOUT = 0.3
WEIGHT_DECAY = 0.004
"""AdamW's own in Keras."""

SMALL_SHIFT = 0.08
"""Of the side: two pixels of 28."""

GENTLE = {"shift": 0.08, "rotation": 15.0, "zoom": 0.1, "noise": 0.1}
"""The most of each that is usual: small handwriting stays readable."""

FAR_OFF = 10
"""Times the usual rate, or its tenth, from which on the usual one is the best guess; nearer to it, a factor of ten is tried."""

NEARLY = 0.99
"""A product of decimal fractions need not come out whole."""

MOST_HELD_BACK = 0.5
MOST_EPOCHS, MOST_UNITS, MOST_FILTERS = 500, 4096, 512
"""What a spec allows."""

NARROW = 64
"""Units of a Dense layer from which on more of them seldom help."""

FEW_FILTERS = 32
"""Filters of a convolution from which on more of them seldom help small images."""

SMALLEST_FOR_CONVOLUTIONS = 8
"""Pixels a side that two poolings leave something of."""

MANY_DROPPED = 0.4


@dataclass(frozen=True)
class Experiment:
    """`label` says what is different from the run, to follow "Try"; `spec` is all of the settings."""

    label: str
    spec: TrainingSpec


Hidden = tuple[Layer, ...]


def change(case: Case, label: str, **changes: Any) -> Experiment:
    """The run's settings with these changed."""
    # Checked again, which `model_copy` would not do.
    return Experiment(label, read_spec({**case.spec.model_dump(mode="json"), **changes, "recipe": None}))


def lower_rate(case: Case) -> Experiment:
    """The usual rate where it is far too high, else a tenth."""
    if case.rate_ratio >= NEARLY * FAR_OFF:
        return _usual_rate(case)
    rate = float(f"{case.rate / 10:.3g}")
    return change(case, f"a learning rate of {number(rate)}, a tenth", learning_rate=rate)


def raise_rate(case: Case) -> Experiment:
    """The usual rate where it is far too low, else ten times as much."""
    if case.rate_ratio * FAR_OFF <= 1 / NEARLY:
        return _usual_rate(case)
    rate = min(float(f"{case.rate * 10:.3g}"), 10.0)
    return change(case, f"a learning rate of {number(rate)}, ten times as high", learning_rate=rate)


def _usual_rate(case: Case) -> Experiment:
    optimiser = OPTIMISERS[case.spec.optimiser]
    rate = optimiser.default_rate
    return change(case, f"a learning rate of {number(rate)}, the usual one for {optimiser.title}", learning_rate=rate)


def scale_pixels(case: Case) -> Experiment:
    return change(case, "pixels scaled to 0..1", scaling="divide")


def train_longer(case: Case) -> Experiment:
    """Twice the epochs, or as many as are allowed; of a run that was ended before its time, all of them."""
    if any(mark.mark == Mark.TARGET_REACHED for mark in case.marks):
        return change(case, "the same without a target accuracy", target_accuracy=None)
    if len(case.epochs) < case.spec.epochs:
        return change(case, f"the same to the end of its {case.spec.epochs} epochs")
    epochs = min(2 * case.spec.epochs, MOST_EPOCHS)
    return change(case, f"{epochs} epochs instead of {case.spec.epochs}", epochs=epochs)


def train_for_steps(case: Case, steps: int) -> Experiment:
    """At least so many steps in all, by more epochs."""
    done = max(case.total_steps // max(len(case.epochs), 1), 1)
    epochs = min(max(-(-steps // done), case.spec.epochs + 1), MOST_EPOCHS)
    return change(case, f"{epochs} epochs instead of {case.spec.epochs}", epochs=epochs)


def smaller_batches(case: Case) -> Experiment:
    size = max(min(32, case.spec.batch_size // 4), 2)
    return change(case, f"batches of {size} instead of {case.spec.batch_size}", batch_size=size)


def another_seed(case: Case) -> Experiment:
    seed = (case.spec.seed + 1) % 2**31
    return change(case, f"the same again with seed {seed}", seed=seed)


def hold_back(case: Case) -> Experiment:
    return change(case, "a validation share of 0.1", validation_split=0.1)


def hold_back_more(case: Case) -> Experiment:
    """The smallest share that is enough to judge by, where one of these images is; else another seed, for others to be held back."""
    share = math.ceil(100 * FEWEST / (case.training_images + case.validation_images)) / 100
    if share > MOST_HELD_BACK or share <= case.spec.validation_split:
        seed = (case.spec.split_seed + 1) % 2**31
        return change(case, f"other images held back, by split seed {seed}", split_seed=seed)
    return change(case, f"a validation share of {share:g}", validation_split=share)


def settle(case: Case) -> Experiment:
    """Where much is left to learn, a network that can do more; else smaller steps towards the end, and where there are, the same."""
    if case.is_good and case.spec.schedule == "constant":
        return change(case, "the cosine schedule, whose steps get smaller towards the end", schedule="cosine")
    return enlarge(case)


def against_memorising(case: Case) -> Experiment:
    """What helps most of that which has not been tried in this run: more images, dropout, augmentation, the best epoch, fewer units."""
    spec = case.spec
    dense = [layer for layer in spec.hidden if isinstance(layer, DenseLayer)]
    if spec.training_images is not None:
        return change(case, f"all training images instead of {spec.training_images:,}", training_images=None)
    if dense and not _has(spec.hidden, "dropout") and len(spec.hidden) + len(dense) <= MAX_LAYERS:
        where = "each Dense layer" if len(dense) > 1 else "the Dense layer"
        return change(case, f"dropout of {DROPOUT} behind {where}", hidden=_dump(_with_dropout(spec.hidden)))
    if not spec.augmentation.is_on:
        augmentation = Augmentation(shift=SMALL_SHIFT).model_dump()
        return change(case, f"training images shifted by up to {SMALL_SHIFT * 100:.0f} % of their side", augmentation=augmentation)
    if not spec.keep_best:
        return change(case, "keeping the best epoch and stopping early after 5", keep_best=True, patience=5)
    decay = min(4 * (spec.weight_decay or WEIGHT_DECAY / 4), 1.0)
    return change(case, f"a weight decay of {decay:g}", weight_decay=decay)


def enlarge(case: Case) -> Experiment:
    """More for the network to learn with: what holds it back most is changed first."""
    spec, dense = case.spec, [layer for layer in case.spec.hidden if isinstance(layer, DenseLayer)]
    has_convolutions = _has(spec.hidden, "conv2d")
    if any(isinstance(layer, DropoutLayer) and layer.rate >= MANY_DROPPED for layer in spec.hidden):
        return less_dropout(case)
    if not dense and not has_convolutions and len(spec.hidden) < MAX_LAYERS:
        return change(case, "a hidden Dense layer of 128 units", hidden=_dump((*spec.hidden, DenseLayer(units=128))))
    if dense and min(layer.units for layer in dense) < NARROW:
        return change(case, f"{NARROW} units in each Dense layer that has fewer", hidden=_dump(_at_least(spec.hidden)))
    if has_convolutions and not dense and min(layer.filters for layer in spec.hidden if isinstance(layer, Conv2DLayer)) < FEW_FILTERS:
        return change(case, f"{FEW_FILTERS} filters in each convolution that has fewer", hidden=_dump(_at_least(spec.hidden)))
    if not has_convolutions and _fits_convolutions(case):
        return change(case, "two convolutions with pooling in front", hidden=_dump((*_convolutions(), *spec.hidden)))
    wider = _widened(spec.hidden, 2)
    return change(case, "twice as many units and filters", hidden=_dump(wider)) if wider != spec.hidden else train_longer(case)


def less_dropout(case: Case) -> Experiment:
    """Half of each dropout."""
    halved = _each(case.spec.hidden, DropoutLayer, lambda layer: {"rate": layer.rate / 2})
    return change(case, "half as much dropout", hidden=_dump(halved))


def without_augmentation(case: Case) -> Experiment:
    return change(case, "the same without augmentation", augmentation=Augmentation().model_dump())


def gentle_augmentation(case: Case) -> Experiment | None:
    """Each change no stronger than is usual; None where it is not."""
    now = case.spec.augmentation
    strengths = {name: min(getattr(now, name), most) for name, most in GENTLE.items()}
    gentle = now.model_copy(update=strengths)
    if gentle == now:
        return None
    return change(case, "augmentation of usual strength", augmentation=gentle.model_dump())


def less_penalty(case: Case) -> Experiment:
    """A hundredth of each penalty, and of the weight decay."""
    hidden = [{**layer, "l2": layer["l2"] / 100} if layer.get("l2") else layer for layer in _dump(case.spec.hidden)]
    decay = case.spec.weight_decay
    return change(case, "a hundredth of the penalty", hidden=hidden, weight_decay=decay and decay / 100)


def with_activation(case: Case, activation: str, title: str, places: set[int]) -> Experiment:
    """Another activation in the layers at these places."""
    hidden = [layer.model_copy(update={"activation": activation}) if at in places else layer for at, layer in enumerate(case.spec.hidden)]
    where = "this layer" if len(places) == 1 else f"these {len(places)} layers"
    return change(case, f"{title} in {where}", hidden=_dump(tuple(hidden)))


def with_first_weights(case: Case) -> Experiment:
    """Weights drawn at random where all began at zero."""
    drawn = tuple(
        layer.model_copy(update={"initialiser": "he_normal"}) if getattr(layer, "initialiser", "") == "zeros" else layer
        for layer in case.spec.hidden
    )
    return change(case, "first weights drawn with He normal", hidden=_dump(drawn))


def _has(hidden: Hidden, kind: str) -> bool:
    return any(layer.kind == kind for layer in hidden)


def _dump(hidden: Hidden) -> list[dict[str, Any]]:
    return [layer.model_dump(mode="json") for layer in hidden]


def _each(hidden: Hidden, kind: type[Any], changes: Callable[[Any], dict[str, Any]]) -> Hidden:
    return tuple(layer.model_copy(update=changes(layer)) if isinstance(layer, kind) else layer for layer in hidden)


def _widened(hidden: Hidden, factor: int) -> Hidden:
    wider = _each(hidden, DenseLayer, lambda layer: {"units": min(layer.units * factor, MOST_UNITS)})
    return _each(wider, Conv2DLayer, lambda layer: {"filters": min(layer.filters * factor, MOST_FILTERS)})


def _at_least(hidden: Hidden) -> Hidden:
    wider = _each(hidden, DenseLayer, lambda layer: {"units": max(layer.units, NARROW)})
    return _each(wider, Conv2DLayer, lambda layer: {"filters": max(layer.filters, FEW_FILTERS)})


def _with_dropout(hidden: Hidden) -> Hidden:
    """One dropout behind each Dense layer."""
    behind: list[Layer] = []
    for layer in hidden:
        behind += [layer, DropoutLayer(rate=DROPOUT)] if isinstance(layer, DenseLayer) else [layer]
    return tuple(behind)


def _convolutions() -> Hidden:
    return (Conv2DLayer(filters=32), MaxPoolingLayer(), Conv2DLayer(filters=64), MaxPoolingLayer())


def _fits_convolutions(case: Case) -> bool:
    """Whether the network's own layers still get what they need behind two convolutions."""
    hidden = case.spec.hidden
    is_large = min(case.image_shape[:2]) >= SMALLEST_FOR_CONVOLUTIONS
    return is_large and len(hidden) + 4 <= MAX_LAYERS and not any(layer.kind in NEEDS_IMAGE for layer in hidden)
