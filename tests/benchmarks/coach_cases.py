"""The short trainings of `tests.benchmarks.coach_grid`: known ailments with their remedies, and known health.

An ailment is a sound network with one setting spoiled, so its remedy is known before any coach is asked: what undoes that.
Where something else is as good, it was found by trying (`coach_grid --candidates`), on the half of the grid that is not reported.

The rules of the coach were tuned on the half `TUNE`. The half `REPORT` has other draws of images, seeds, sizes and a third set; of the
bundled digits, which are 1,797 in all, both halves draw most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet, build_image_set
from core.networks.augmentation import Augmentation
from core.networks.layers import (
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    GlobalAveragePoolingLayer,
    Layer,
    MaxPoolingLayer,
)
from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.settings import load_settings

TUNE, REPORT = "tune", "report"

Hidden = tuple[Layer, ...]


@dataclass(frozen=True)
class Data:
    """Images drawn from a set: `images` to learn from, and others, which the network never meets, to judge it by.

    Attributes:
        draw: the seed of the draw. Up to 200 images are as many of each class.
        share: of the images that are not of the last class, where the only question is whether one is; None for all classes.
    """

    name: str
    images: int
    draw: int
    share: float | None = None

    @property
    def judges(self) -> int:
        return 600 if self.name == "digits" else 2_000


@cache
def load_images(data: Data) -> ImageSet:
    """The images of a draw; the same ones each time."""
    source = _load(data.name)
    images, labels = np.concatenate([source.x_train, source.x_test]), np.concatenate([source.y_train, source.y_test])
    names = source.class_names
    order = np.random.default_rng(data.draw).permutation(len(labels))
    if data.share is not None:
        labels, names = (labels == 9).astype(np.int32), ("other", names[9])
        order = _draw_share(order, labels, data.share, data.images + data.judges)
    elif data.images <= 200:
        order = _draw_even(order, labels, data.images)
    training, judges = order[: data.images], order[data.images :][: data.judges]
    return build_image_set(
        name=data.name,
        title=source.title,
        x_train=images[training],
        y_train=labels[training],
        x_test=images[judges],
        y_test=labels[judges],
        class_names=names,
        max_value=source.max_value,
        origin=source.origin,
    )


@cache
def _load(name: str) -> ImageSet:
    return Catalog(load_settings()).load(name)


def _draw_share(order: np.ndarray, labels: np.ndarray, share: float, count: int) -> np.ndarray:
    """As many of both classes as keep the share, mixed."""
    rare = round(count * (1 - share))
    places = labels[order] == 1
    chosen = np.concatenate([np.flatnonzero(places)[:rare], np.flatnonzero(~places)[: count - rare]])
    mixed: np.ndarray = order[np.random.default_rng(0).permutation(chosen)]
    return mixed


def _draw_even(order: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """The first `count` have equally many of each class; all others follow."""
    each = count // (labels.max() + 1)
    first = np.concatenate([np.flatnonzero(labels[order] == label)[:each] for label in range(labels.max() + 1)])
    return np.concatenate([order[first], np.delete(order, first)])


@dataclass(frozen=True)
class GridCase:
    """A short training.

    Attributes:
        ailment: what is wrong with it; empty for a sound one.
        remedies: keys of `REMEDIES` that are the best known; empty for a sound one.
    """

    half: str
    name: str
    data: Data
    spec: TrainingSpec
    ailment: str = ""
    remedies: tuple[str, ...] = ()


def dense(*units: int, **settings: Any) -> Hidden:
    return tuple(DenseLayer(units=count, **settings) for count in units)


def with_dropout(hidden: Hidden, rate: float) -> Hidden:
    behind: list[Layer] = []
    for layer in hidden:
        behind += [layer, DropoutLayer(rate=rate)] if layer.kind == "dense" else [layer]
    return tuple(behind)


def normalised(hidden: Hidden) -> Hidden:
    behind: list[Layer] = []
    for layer in hidden:
        behind += [layer, BatchNormalizationLayer()]
    return tuple(behind)


def each_dense(hidden: Hidden, **changes: Any) -> Hidden:
    return tuple(layer.model_copy(update=changes) if layer.kind in ("dense", "conv2d") else layer for layer in hidden)


CONVOLUTIONS: Hidden = (Conv2DLayer(filters=16), MaxPoolingLayer(), Conv2DLayer(filters=32), MaxPoolingLayer(), DenseLayer(units=64))


@dataclass(frozen=True)
class Base:
    """A sound training, to be spoiled. `units` are those of its Dense layers."""

    name: str
    data: Data
    units: tuple[int, ...]
    epochs: int
    seed: int

    def spec(self, **changes: Any) -> TrainingSpec:
        usual = {"dataset": self.data.name, "hidden": dense(*self.units), "epochs": self.epochs, "validation_split": 0.2}
        return TrainingSpec(**{**usual, "seed": self.seed, **changes})


BASES = {
    TUNE: (
        Base("digits", Data("digits", 1_100, 1), (64,), 20, 1),
        Base("mnist", Data("mnist", 5_000, 1), (128,), 6, 1),
    ),
    REPORT: (
        Base("digits", Data("digits", 1_150, 2), (48,), 24, 2),
        Base("mnist", Data("mnist", 4_000, 2), (100, 50), 7, 3),
        Base("fashion", Data("fashion_mnist", 5_000, 2), (96,), 8, 4),
    ),
}
SMALL_SETS = {
    TUNE: (Data("mnist", 80, 5), Data("fashion_mnist", 120, 6)),
    REPORT: (Data("mnist", 80, 7), Data("mnist", 150, 8), Data("fashion_mnist", 100, 9)),
}
LOPSIDED = {
    TUNE: (Data("mnist", 3_000, 11, 0.952), Data("fashion_mnist", 2_000, 12, 0.95)),
    REPORT: (Data("mnist", 2_500, 13, 0.952), Data("fashion_mnist", 3_000, 14, 0.96), Data("digits", 900, 15, 0.95)),
}

LOW = {"sgd": 1e-3, "momentum": 1e-4, "nesterov": 1e-4, "rmsprop": 1e-5, "adagrad": 1e-4, "adadelta": 0.01}
LOW |= {"adam": 1e-5, "adamw": 1e-5, "adamax": 1e-5, "nadam": 1e-5, "lion": 1e-6}
"""A hundredth of the usual rate: a step too short by more than any schedule or network could want."""

HIGH = {"sgd": 8.0, "momentum": 1.0, "nesterov": 1.0, "rmsprop": 0.3, "adagrad": 3.0, "adam": 0.3, "adamw": 0.3, "adamax": 0.5}
HIGH |= {"nadam": 0.3, "lion": 0.03}
"""So far above the usual rate that nothing can be learned, or only by luck."""

Spoiled = tuple[str, str, dict[str, Any], tuple[str, ...]]
"""The ailment, what tells it from others of its kind, the settings that are changed, and the remedies."""

_MORE_STEPS = ("more epochs", "smaller batches")
_REGULARISED = ("dropout", "augmentation", "stop early", "more penalty")


def build_cases(half: str) -> list[GridCase]:
    """All trainings of a half. Those on the same images and network follow one another, so that programs are compiled once."""
    cases = [*_ailing(half), *_sound(half)]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise ValueError(f"two cases share a name: {sorted(name for name in names if names.count(name) > 1)}")
    return cases


def _ailing(half: str) -> Iterator[GridCase]:
    bases = BASES[half]
    for place, base in enumerate(bases):
        for turn, (ailment, label, changes, remedies) in enumerate(_spoil(base)):
            # Of three sets each ailment is on two, in turn.
            if len(bases) < 3 or turn % 3 != place:
                yield GridCase(half, f"{base.name}, {label}", base.data, base.spec(**changes), ailment, remedies)
        for name in list(LOW)[place :: len(bases)]:
            for ailment, rates, remedy in (("rate too low", LOW, "higher rate"), ("rate too high", HIGH, "lower rate")):
                if name in rates:
                    spec = base.spec(optimiser=name, learning_rate=rates[name])
                    yield GridCase(half, f"{base.name}, {name} {rates[name]:g}", base.data, spec, ailment, (remedy,))
    yield from _small_sets(half)
    yield from _lopsided(half)
    yield from _convolutions(half)


def _spoil(base: Base) -> Iterator[Spoiled]:
    hidden, units = dense(*base.units), base.units
    yield "rate too low", "adam 3e-5 for a while", {"learning_rate": 2e-5}, ("higher rate",)
    yield "rate too low", "sgd 0.002", {"optimiser": "sgd", "learning_rate": 0.002}, ("higher rate",)
    yield "rate too high", "adam 0.1", {"learning_rate": 0.1}, ("lower rate",)
    yield "rate too high", "sgd 10", {"optimiser": "sgd", "learning_rate": 10.0}, ("lower rate",)
    linear = {"hidden": dense(*units, *units, activation="linear"), "optimiser": "sgd", "learning_rate": 10.0}
    yield "rate too high", "linear, breaks off", linear, ("lower rate",)
    raw = {"scaling": "none", "optimiser": "sgd", "hidden": dense(*units, 32)}
    if base.name != "digits":
        yield "pixels not scaled", "sgd, not scaled", {**raw, "learning_rate": 0.1}, ("scaling",)
        yield "pixels not scaled", "momentum, not scaled", {**raw, "optimiser": "momentum", "learning_rate": 0.05}, ("scaling",)
    yield "zero weights", "zeros", {"hidden": each_dense(hidden, initialiser="zeros")}, ("drawn weights",)
    two = dense(*units, 32, initialiser="zeros", activation="sigmoid")
    yield "zero weights", "zeros in two sigmoid layers", {"hidden": two}, ("drawn weights",)
    for depth, width in ((4, 32), (6, 32), (6, 64)):
        deep = dense(*[width] * depth, activation="sigmoid")
        yield "vanishing gradient", f"{depth} sigmoid layers of {width}", {"hidden": deep}, ("relu", "normalisation")
    hard = dense(*[40] * 5, activation="hard_sigmoid")
    yield "vanishing gradient", "5 hard sigmoid layers", {"hidden": hard}, ("relu", "normalisation")
    yield "too small", "2 units", {"hidden": dense(2), "epochs": 2 * base.epochs}, ("larger",)
    yield "too small", "4 units", {"hidden": dense(4), "epochs": 3 * base.epochs}, ("larger",)
    yield "too small", "3 units between", {"hidden": dense(*units, 3), "epochs": 3 * base.epochs}, ("larger",)
    yield "dropout too strong", "dropout 0.9", {"hidden": with_dropout(hidden, 0.9)}, ("less dropout",)
    yield "dropout too strong", "dropout 0.8 of 16", {"hidden": with_dropout(dense(16), 0.8)}, ("less dropout", "larger")
    twice = with_dropout(dense(*units, 64), 0.85)
    yield "dropout too strong", "dropout 0.85 twice", {"hidden": twice}, ("less dropout",)
    yield "too few steps", "2 epochs of large batches", {"epochs": 2, "batch_size": 256}, _MORE_STEPS
    yield "too few steps", "one batch an epoch", {"batch_size": 4096, "epochs": 10}, _MORE_STEPS
    smooth = {"loss": "categorical_crossentropy", "label_smoothing": 0.2}
    yield "too few steps", "few steps, smoothed", {**smooth, "epochs": 3, "batch_size": 256}, _MORE_STEPS
    sgd = {"optimiser": "sgd", "learning_rate": 0.1, "batch_size": 1024}
    yield "too few steps", "sgd in large batches", sgd, (*_MORE_STEPS, "higher rate", "adam")
    yield "penalty too strong", "L2 of 0.1", {"hidden": each_dense(hidden, l2=0.1)}, ("less penalty",)
    yield "penalty too strong", "L2 of 1", {"hidden": each_dense(hidden, l2=1.0)}, ("less penalty",)
    yield "penalty too strong", "decay of 1", {"optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 1.0}, ("less penalty",)
    shifted = Augmentation(shift=0.5, rotation=180)
    yield "augmentation too strong", "shift and turn", {"augmentation": shifted}, ("less augmentation",)
    yield "augmentation too strong", "noise", {"augmentation": Augmentation(noise=0.5, zoom=0.5)}, ("less augmentation",)
    plain = {"optimiser": "sgd", "learning_rate": 0.1}
    yield "wrong loss", "hinge, sgd", {**plain, "loss": "categorical_hinge", "hidden": dense(*units, 32)}, ("cross-entropy",)
    yield "wrong loss", "absolute error, sgd", {**plain, "loss": "mean_absolute_error"}, ("cross-entropy",)
    yield "wrong loss", "squared error, sgd", {**plain, "loss": "mean_squared_error"}, ("cross-entropy",)
    if base.name != "digits":
        yield "wrong loss", "absolute error", {"loss": "mean_absolute_error", "hidden": dense(*units, 32)}, ("cross-entropy",)
    yield "gradient limit too low", "clipped", {"optimiser": "sgd", "learning_rate": 0.1, "clip_norm": 0.001}, ("no gradient limit",)
    dies = {"schedule": "step", "drop_every": 1, "decay_factor": 0.01, "optimiser": "sgd", "learning_rate": 0.1}
    yield "schedule dies out", "steps of a hundredth", dies, ("another schedule",)
    yield "no validation", "nothing held back", {"validation_split": 0.0}, ("validation",)
    if base.name != "digits":
        yield "memorising", "100 images", {"training_images": 100, "epochs": 40, "batch_size": 10}, ("more images",)
        yield "memorising", "300 images", {"training_images": 300, "epochs": 40}, ("more images",)
    longer = {"hidden": dense(256), "epochs": 3 * base.epochs}
    if base.name == "fashion":
        yield "memorising", "wide and long", longer, _REGULARISED
    yield "stopped too soon", "one epoch", {"epochs": 1}, _MORE_STEPS
    slow = {"optimiser": "sgd", "learning_rate": 0.02, "epochs": max(base.epochs // 2, 4)}
    yield "stopped too soon", "sgd 0.02", slow, (*_MORE_STEPS, "higher rate")
    smooth_sgd = {**slow, **smooth}
    yield "stopped too soon", "sgd 0.02, smoothed", smooth_sgd, (*_MORE_STEPS, "higher rate")


def _small_sets(half: str) -> Iterator[GridCase]:
    for data in SMALL_SETS[half]:
        label = f"{data.name} {data.images}"
        seed = data.draw
        recipe = RECIPES["mnist-cnn"].spec.model_copy(update={"dataset": data.name, "seed": seed, "epochs": 8, "recipe": None})
        usual = {"dataset": data.name, "seed": seed, "validation_split": 0.2}
        yield GridCase(half, f"{label}, mnist-cnn", data, recipe, "averages unsettled", _MORE_STEPS)
        for epochs in (6, 20):
            spec = TrainingSpec(**usual, hidden=normalised(dense(64, 32)), epochs=epochs)
            yield GridCase(half, f"{label}, normalised for {epochs}", data, spec, "averages unsettled", _MORE_STEPS)
        spec = TrainingSpec(**usual, hidden=dense(64), epochs=60, batch_size=16)
        yield GridCase(half, f"{label}, memorised", data, spec, "memorising", _REGULARISED)
        spec = TrainingSpec(**usual, hidden=dense(256, 128), epochs=100, batch_size=16)
        yield GridCase(half, f"{label}, memorised for long", data, spec, "memorising", _REGULARISED)


def _lopsided(half: str) -> Iterator[GridCase]:
    for data in LOPSIDED[half]:
        label = f"{data.share:.1%} of {data.name}"
        usual = {"dataset": data.name, "seed": data.draw, "validation_split": 0.2}
        spoiled: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
            "low rate": ({"hidden": dense(64), "learning_rate": 1e-5, "epochs": 5}, "rate too low", ("higher rate",)),
            "sigmoids": (
                {"hidden": dense(*[32] * 6, activation="sigmoid"), "epochs": 5},
                "vanishing gradient",
                ("relu", "normalisation"),
            ),
            "high rate": ({"hidden": dense(64, 32), "learning_rate": 0.3, "epochs": 5}, "rate too high", ("lower rate",)),
            "few steps": ({"hidden": dense(64), "epochs": 2, "batch_size": 512}, "too few steps", _MORE_STEPS),
            "dropout": ({"hidden": with_dropout(dense(24, 24), 0.9), "epochs": 6}, "dropout too strong", ("less dropout",)),
            "slow sgd": (
                {"hidden": dense(32), "optimiser": "sgd", "learning_rate": 0.02, "epochs": 4, "batch_size": 64},
                "stopped too soon",
                ("more epochs", "higher rate", "smaller batches"),
            ),
        }
        for name, (changes, ailment, remedies) in spoiled.items():
            yield GridCase(half, f"{label}, {name}", data, TrainingSpec(**usual, **changes), ailment, remedies)


def _convolutions(half: str) -> Iterator[GridCase]:
    for base in BASES[half]:
        if base.name == "digits":
            continue
        spoiled: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
            "rate 1e-5": ({"learning_rate": 1e-5}, "rate too low", ("higher rate",)),
            "rate 0.1": ({"learning_rate": 0.1}, "rate too high", ("lower rate",)),
            "dropout 0.9": ({"hidden": with_dropout(CONVOLUTIONS, 0.9)}, "dropout too strong", ("less dropout",)),
            "2 filters": ({"hidden": (Conv2DLayer(filters=2), GlobalAveragePoolingLayer()), "epochs": 6}, "too small", ("larger",)),
        }
        for name, (changes, ailment, remedies) in spoiled.items():
            spec = base.spec(**{"hidden": CONVOLUTIONS, "epochs": 3} | changes)
            yield GridCase(half, f"{base.name}, convolutions, {name}", base.data, spec, ailment, remedies)


SOUND_DATA = {
    TUNE: (Data("digits", 1_150, 21), Data("mnist", 12_000, 22), Data("fashion_mnist", 12_000, 23)),
    REPORT: (Data("digits", 1_150, 31), Data("mnist", 10_000, 32), Data("fashion_mnist", 10_000, 33), Data("digits", 1_100, 34)),
}


def _sound(half: str) -> Iterator[GridCase]:
    """Sound settings on enough images: usual rates, sizes and lengths, with one usual choice changed."""
    for place, data in enumerate(SOUND_DATA[half]):
        is_small = data.name == "digits"
        units, epochs = ((64,), 40) if is_small else ((96,), 8)
        hidden, longer = dense(*units), {"epochs": round(1.5 * epochs)}
        smooth = {"loss": "categorical_crossentropy", "label_smoothing": 0.1}
        kinds: dict[str, dict[str, Any]] = {
            "plain": {},
            "cosine": {"schedule": "cosine", "learning_rate": 0.002},
            "one cycle": {"schedule": "one_cycle", "learning_rate": 0.004},
            "steps": {"schedule": "step", "drop_every": max(epochs // 3, 1), "decay_factor": 0.3},
            "warm-up": {"warmup_epochs": 1.0},
            "best epoch": {"keep_best": True, "patience": 8},
            "wider": {"hidden": dense(160)},
            "two layers": {"hidden": dense(*units, 48)},
            "tanh": {"hidden": dense(*units, activation="tanh")},
            "leaky ReLU": {"hidden": dense(*units, activation="leaky_relu", initialiser="he_normal")},
            "smoothed": smooth,
            "smoothed, cosine": {**smooth, "schedule": "cosine"},
            "dropout 0.3": {"hidden": with_dropout(dense(*units), 0.3), **longer},
            "dropout 0.5 of 256": {"hidden": with_dropout(dense(256), 0.5), **longer},
            "shifted": {"augmentation": Augmentation(shift=0.05, rotation=5), "hidden": dense(128), **longer},
            "normalised": {"hidden": normalised(hidden)},
            "normalised, dropout": {"hidden": (*normalised(hidden), DropoutLayer(rate=0.25)), **longer},
            "L2 of 0.0001": {"hidden": each_dense(hidden, l2=1e-4)},
            "AdamW": {"optimiser": "adamw"},
            "SGD": {"optimiser": "sgd", "learning_rate": 0.1, **longer},
            "momentum": {"optimiser": "momentum", "learning_rate": 0.02, **longer},
            "RMSprop": {"optimiser": "rmsprop"},
            "Nadam": {"optimiser": "nadam"},
            "standardised": {"scaling": "standardise_set"},
            "standardised by pixel": {"scaling": "standardise_pixel"},
            "batches of 64": {"batch_size": 64, **longer},
        }
        for turn, (name, changes) in enumerate(kinds.items()):
            # The first ones are one network and one program; of all others half, with two seeds, in turn.
            is_shared = turn < 6
            if not is_shared and turn % 2 != place % 2:
                continue
            for seed in (100 + turn,) if is_shared else (100 + turn, 200 + turn):
                usual = {"dataset": data.name, "hidden": hidden, "epochs": epochs, "validation_split": 0.2, "seed": seed}
                yield GridCase(half, f"{data.name} {data.draw}, {name}, seed {seed}", data, TrainingSpec(**{**usual, **changes}))
        if not is_small:
            smaller = Data(data.name, 5_000, data.draw)
            convolutional: dict[str, dict[str, Any]] = {
                "plain": {},
                "smoothed": smooth,
                "dropout": {"hidden": with_dropout(CONVOLUTIONS, 0.4)},
                "cosine": {"schedule": "cosine", "learning_rate": 0.002},
            }
            for name, changes in convolutional.items():
                spec = TrainingSpec(
                    **{"dataset": data.name, "hidden": CONVOLUTIONS, "epochs": 4, "validation_split": 0.2, "seed": 7} | changes
                )
                yield GridCase(half, f"{data.name} {data.draw}, convolutions, {name}", smaller, spec)


@dataclass(frozen=True)
class Remedy:
    """A kind of change.

    Attributes:
        apply: the usual one of the kind, to be tried on its own; the same settings back where there is nothing to change.
        is_done: whether a change, from the settings before to those after, is of the kind.
    """

    apply: Callable[[TrainingSpec], TrainingSpec]
    is_done: Callable[[TrainingSpec, TrainingSpec], bool]


def _changed(**changes: Any) -> Callable[[TrainingSpec], TrainingSpec]:
    return lambda spec: TrainingSpec.model_validate({**dict(spec), **changes})


def _usual_rate(spec: TrainingSpec) -> float:
    return OPTIMISERS[spec.optimiser].default_rate


def _dropped(spec: TrainingSpec) -> float:
    return sum(layer.rate for layer in spec.hidden if isinstance(layer, DropoutLayer))


def _penalty(spec: TrainingSpec) -> float:
    return (spec.weight_decay or 0.0) + sum(getattr(layer, "l2", 0.0) for layer in spec.hidden)


def _activations(spec: TrainingSpec) -> list[str]:
    return [layer.activation for layer in spec.hidden if isinstance(layer, (DenseLayer, Conv2DLayer))]


def _sizes(spec: TrainingSpec) -> list[int]:
    return [
        layer.units if isinstance(layer, DenseLayer) else layer.filters
        for layer in spec.hidden
        if isinstance(layer, (DenseLayer, Conv2DLayer))
    ]


def _wiggle(augmentation: Augmentation) -> float:
    return augmentation.shift + augmentation.rotation / 180 + augmentation.zoom + augmentation.noise


def _larger(spec: TrainingSpec) -> TrainingSpec:
    hidden = tuple(
        layer.model_copy(update={"units": max(4 * layer.units, 64)} if isinstance(layer, DenseLayer) else {"filters": 4 * layer.filters})
        if isinstance(layer, (DenseLayer, Conv2DLayer))
        else layer
        for layer in spec.hidden
    )
    return _changed(hidden=hidden)(spec)


def _relu(spec: TrainingSpec) -> TrainingSpec:
    return _changed(hidden=each_dense(spec.hidden, activation="relu"))(spec)


def _drawn(spec: TrainingSpec) -> TrainingSpec:
    zeros = [getattr(layer, "initialiser", "") == "zeros" for layer in spec.hidden]
    return _changed(hidden=each_dense(spec.hidden, initialiser="glorot_uniform"))(spec) if any(zeros) else spec


def _half_dropout(spec: TrainingSpec) -> TrainingSpec:
    hidden = tuple(layer.model_copy(update={"rate": layer.rate / 2}) if isinstance(layer, DropoutLayer) else layer for layer in spec.hidden)
    return _changed(hidden=hidden)(spec)


def _no_penalty(spec: TrainingSpec) -> TrainingSpec:
    return _changed(hidden=each_dense(spec.hidden, l2=0.0), weight_decay=None)(spec) if _penalty(spec) else spec


def _add_dropout(spec: TrainingSpec) -> TrainingSpec:
    return spec if _dropped(spec) else _changed(hidden=with_dropout(spec.hidden, 0.3))(spec)


def _normalise(spec: TrainingSpec) -> TrainingSpec:
    if any(layer.kind == "batch_normalization" for layer in spec.hidden):
        return spec
    behind: list[Layer] = []
    for layer in spec.hidden:
        behind += [layer, BatchNormalizationLayer()] if layer.kind == "dense" else [layer]
    return _changed(hidden=tuple(behind))(spec)


REMEDIES: dict[str, Remedy] = {
    "higher rate": Remedy(
        lambda spec: _changed(learning_rate=min(10 * spec.learning_rate, 10.0))(spec),
        lambda before, after: after.learning_rate > before.learning_rate,
    ),
    "lower rate": Remedy(
        lambda spec: _changed(learning_rate=spec.learning_rate / 10)(spec),
        lambda before, after: after.learning_rate < before.learning_rate,
    ),
    "usual rate": Remedy(lambda spec: _changed(learning_rate=_usual_rate(spec))(spec), lambda before, after: False),
    "scaling": Remedy(_changed(scaling="divide"), lambda before, after: before.scaling == "none" != after.scaling),
    "drawn weights": Remedy(_drawn, lambda before, after: _drawn(before) != before and _drawn(after) == after),
    "relu": Remedy(_relu, lambda before, after: _activations(before) != _activations(after)),
    "normalisation": Remedy(_normalise, lambda before, after: _normalise(before) != before and _normalise(after) == after),
    "larger": Remedy(_larger, lambda before, after: sum(_sizes(after)) > sum(_sizes(before))),
    "less dropout": Remedy(_half_dropout, lambda before, after: _dropped(after) < _dropped(before)),
    "less augmentation": Remedy(
        _changed(augmentation=Augmentation()), lambda before, after: _wiggle(after.augmentation) < _wiggle(before.augmentation)
    ),
    "less penalty": Remedy(_no_penalty, lambda before, after: _penalty(after) < _penalty(before)),
    "cross-entropy": Remedy(
        _changed(loss="categorical_crossentropy"), lambda before, after: "crossentropy" in after.loss and "crossentropy" not in before.loss
    ),
    "more epochs": Remedy(
        lambda spec: _changed(epochs=min(3 * spec.epochs, 500))(spec), lambda before, after: after.epochs > before.epochs
    ),
    "smaller batches": Remedy(
        lambda spec: _changed(batch_size=max(min(32, spec.batch_size // 4), 4))(spec),
        lambda before, after: after.batch_size < before.batch_size,
    ),
    "dropout": Remedy(_add_dropout, lambda before, after: _dropped(after) > _dropped(before)),
    "augmentation": Remedy(
        _changed(augmentation=Augmentation(shift=0.08)), lambda before, after: _wiggle(after.augmentation) > _wiggle(before.augmentation)
    ),
    "stop early": Remedy(
        lambda spec: _changed(keep_best=True, patience=5)(spec) if spec.validation_split else spec,
        lambda before, after: after.keep_best and not before.keep_best,
    ),
    "more penalty": Remedy(_changed(weight_decay=0.004), lambda before, after: _penalty(after) > _penalty(before)),
    "more images": Remedy(
        _changed(training_images=None), lambda before, after: (after.training_images or 10**9) > (before.training_images or 10**9)
    ),
    "no gradient limit": Remedy(_changed(clip_norm=None), lambda before, after: (after.clip_norm or 1e9) > (before.clip_norm or 1e9)),
    "another schedule": Remedy(_changed(schedule="constant"), lambda before, after: before.schedule != after.schedule),
    "adam": Remedy(
        lambda spec: spec.model_copy(update={"optimiser": "adam", "learning_rate": 0.001, "momentum": None}),
        lambda before, after: before.optimiser != after.optimiser,
    ),
    "validation": Remedy(
        lambda spec: spec if spec.validation_split else _changed(validation_split=0.1)(spec),
        lambda before, after: after.validation_split > before.validation_split,
    ),
}
"""Kinds of changes, whoever proposes them. An ailment of the grid names those that are the best known for it."""
