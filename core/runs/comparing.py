"""What tells runs apart: the settings that differ, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.networks.activations import ACTIVATIONS
from core.networks.augmentation import Augmentation
from core.networks.initialisers import INITIALISERS
from core.networks.layers import (
    AveragePoolingLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    Layer,
    MaxPoolingLayer,
)
from core.networks.relevance import has_effect
from core.networks.spec import OPTIMISER_OPTIONS, REGISTRIES, TrainingSpec

NO_EFFECT = "–"
"""In place of a setting that does nothing beside the others. Not a hyphen, which a table on a page takes for the beginning of a list."""

_EMPTY = {"training_images": "all", "patience": "never", "target_accuracy": "never", "weight_decay": "none", "clip_norm": "none"}
_LEFT_OUT = ("version", "recipe", "augmentation", "hidden")


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all runs: its title, and its value in each of them, in words."""

    title: str
    values: tuple[str, ...]


def find_differences(specs: Sequence[TrainingSpec]) -> tuple[Difference, ...]:
    """The settings in which the runs differ, layers first, the others in the order of the form. None for a single run."""
    described = [describe_settings(spec) for spec in specs]
    titles = described[0] if described else {}
    rows = (Difference(title, tuple(one[title] for one in described)) for title in titles)
    return tuple(row for row in rows if len(set(row.values)) > 1)


def describe_settings(spec: TrainingSpec) -> dict[str, str]:
    """Every setting in words by its title. One without effect beside the others is `NO_EFFECT`."""
    settings = spec.model_dump()
    words = {_title(TrainingSpec, "hidden"): ", then ".join(map(describe_layer, spec.hidden)) or "none"}
    for name in TrainingSpec.model_fields:
        if name == "augmentation":
            for part in Augmentation.model_fields:
                words[_title(Augmentation, part)] = _in_words(part, getattr(spec.augmentation, part))
        elif name not in _LEFT_OUT:
            words[_title(TrainingSpec, name)] = _describe(spec, name) if has_effect(name, settings) else NO_EFFECT
    return words


def describe_layer(layer: Layer) -> str:
    """A layer in words, such as "Conv2D 32 of 3 x 3 ReLU": what it is by its kind, and all else that is not as usual."""
    match layer:
        case DenseLayer():
            main = [str(layer.units), ACTIVATIONS[layer.activation].title]
        case Conv2DLayer():
            main = [f"{layer.filters} of {layer.kernel} x {layer.kernel}", ACTIVATIONS[layer.activation].title]
        case MaxPoolingLayer() | AveragePoolingLayer():
            main = [f"{layer.size} x {layer.size}"]
        case DropoutLayer():
            main = [f"{layer.rate * 100:g} %"]
        case _:
            main = []
    unusual = [_describe_part(layer, name, say) for name, say in _UNUSUAL.items() if _is_unusual(layer, name)]
    return " ".join([layer.title, *main]) + (f" ({', '.join(unusual)})" if unusual else "")


_UNUSUAL: dict[str, Callable[[Any], str]] = {
    "stride": lambda stride: f"stride {stride}",
    "padding": lambda padding: f"edges {padding}",
    "initialiser": lambda name: f"first weights: {INITIALISERS[name].title}",
    "l2": lambda penalty: f"L2 {penalty:g}",
}


def _is_unusual(layer: Layer, name: str) -> bool:
    field = type(layer).model_fields.get(name)
    return field is not None and getattr(layer, name) != field.default


def _describe_part(layer: Layer, name: str, say: Callable[[Any], str]) -> str:
    return say(getattr(layer, name))


def _describe(spec: TrainingSpec, name: str) -> str:
    value = getattr(spec, name)
    if name == "split_seed" and spec.version == 1:
        # The same number drew other images. A copy that was taught has those of its network, whichever version taught it.
        return f"{value}, by an earlier way of drawing"
    if value is None and name in OPTIMISER_OPTIONS:
        # Empty is the optimiser's own default, which is the same as having typed it.
        value = spec.optimiser_options()[name]
    return _in_words(name, value)


def _in_words(name: str, value: Any) -> str:
    if value is None:
        return _EMPTY[name]
    if name in REGISTRIES:
        return str(REGISTRIES[name][value].title)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        # A seed is a name, not an amount.
        return str(value) if name in ("seed", "split_seed") else f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _title(model: type[TrainingSpec] | type[Augmentation], name: str) -> str:
    return model.model_fields[name].title or name
