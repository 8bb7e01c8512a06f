"""What tells runs apart: the settings that differ, and how they were trained, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from core.runs.record import RunHistory, RunRecord, RunState
from core.training.events import Mark

NO_EFFECT = "–"
"""In place of a setting that does nothing beside the others. Not a hyphen, which a table on a page takes for the beginning of a list."""

_EMPTY = {"training_images": "all", "patience": "never", "target_accuracy": "never", "weight_decay": "none", "clip_norm": "none"}
_MOST_CHANGES = 4
"""Changes of the learning rate that are told one by one."""

_LEFT_OUT = ("version", "recipe", "augmentation", "hidden")


@dataclass(frozen=True)
class Difference:
    """What is not the same in all runs, such as a setting: its title, and its value in each of them, in words."""

    title: str
    values: tuple[str, ...]


def find_differences(specs: Sequence[TrainingSpec]) -> tuple[Difference, ...]:
    """The settings in which the runs differ, layers first, the others in the order of the form. None for a single run."""
    described = [describe_settings(spec) for spec in specs]
    return _find_differing(described)


def find_training_differences(runs: Sequence[tuple[RunRecord, RunHistory]], names: Mapping[str, str]) -> tuple[Difference, ...]:
    """What was not the same while the runs were trained: how far and to which end, what was changed on the way, what was continued.

    `names` are those of the runs that were continued, by their ids; one that is not among them is called by its id.
    """
    return _find_differing(
        [
            {
                "Trained": describe_training(record, history),
                "Changed while training": _describe_steering(history),
                "Continued from": names.get(record.continues, f"run {record.continues}") if record.continues else "no other run",
            }
            for record, history in runs
        ]
    )


def describe_epoch(epoch: float) -> str:
    """A number of epochs: "3" or "3.4"; never a whole number where one was not completed."""
    return f"{epoch:.0f}" if epoch == int(epoch) else f"{min(max(epoch, int(epoch) + 0.1), int(epoch) + 0.9):.1f}"


def describe_epochs(record: RunRecord) -> str:
    """How many epochs a run was trained: "1 epoch", "5.9 epochs"."""
    words = describe_epoch(record.epochs_trained)
    return f"{words} epoch{'s' * (words != '1')}"


def describe_epochs_of(record: RunRecord) -> str:
    """How many of those that its settings say: "5.9 of 10"."""
    return f"{describe_epoch(record.epochs_trained)} of {record.spec.epochs}"


def describe_training(record: RunRecord, history: RunHistory) -> str:
    """How far and to which end a run was trained, such as "5.9 of 10 epochs, stopped", and which epoch it went back to."""
    words = f"{describe_epochs_of(record)} epochs"
    if record.epochs_trained == record.spec.epochs and record.state == RunState.FINISHED:
        words = describe_epochs(record)
    elif record.state != RunState.FINISHED:
        words += f", {record.state}"
    else:
        # A run that continues another has its marks, too.
        ends = [
            one.mark for one in history.marks if one.mark in (Mark.STOPPED_EARLY, Mark.TARGET_REACHED) and one.epoch >= record.epochs_done
        ]
        words += "".join(f", {mark}" for mark in ends[-1:])
    if record.state.is_final and record.kept_at is not None and 0 < record.kept_at < record.epochs_trained:
        words += f", weights of epoch {describe_epoch(record.kept_at)} kept"
    return words


def _describe_steering(history: RunHistory) -> str:
    rates = [mark for mark in history.marks if mark.mark == Mark.RATE_CHANGED]
    words = []
    if rates:
        changes = [f"{'back to the schedule' if one.value == 1 else f'x {one.value:g}'} in epoch {one.epoch}" for one in rates]
        told = ", ".join(changes) if len(changes) <= _MOST_CHANGES else f"{len(changes)} times, the last {changes[-1]}"
        words.append(f"learning rate {told}")
    pauses = sum(mark.mark == Mark.PAUSED for mark in history.marks)
    if pauses:
        words.append("paused" if pauses == 1 else f"paused {pauses} times")
    return "; ".join(words) or "nothing"


def _find_differing(described: Sequence[Mapping[str, str]]) -> tuple[Difference, ...]:
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
