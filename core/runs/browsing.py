"""Finding runs among many: which ones, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.networks.objective import PLAIN, name_objective
from core.runs.record import RunRecord, RunState


class Order(StrEnum):
    """What runs are sorted by: accuracies and losses are of the weights that are kept, not the best that were measured on the way.

    Runs without the number, such as the accuracy before the first epoch, come last.
    """

    NEWEST = "newest first"
    ACCURACY = "highest validation accuracy of kept weights"
    LOSS = "lowest training loss of kept weights, kind by kind"
    NAME = "name"
    DATASET = "data set"
    DURATION = "shortest training"


@dataclass(frozen=True)
class Wanted:
    """Which runs to show.

    Attributes:
        text: words that the name, the note, the recipe or the name by the settings has to hold, in any case and order. Empty: any run.
        dataset, state: None for all.
    """

    text: str = ""
    dataset: str | None = None
    state: RunState | None = None
    order: Order = Order.NEWEST


def find_runs(records: Iterable[RunRecord], wanted: Wanted) -> tuple[RunRecord, ...]:
    """The wanted ones among `records`, which come newest first. Runs that are equal in what they are sorted by stay in that order."""
    words = wanted.text.casefold().split()
    found = [record for record in records if _is_wanted(record, wanted, words)]
    key = _KEYS.get(wanted.order)
    return tuple(found if key is None else sorted(found, key=key))


def _is_wanted(record: RunRecord, wanted: Wanted, words: list[str]) -> bool:
    if wanted.dataset not in (None, record.spec.dataset) or wanted.state not in (None, record.state):
        return False
    text = f"{record.title}\n{record.settings_title}\n{record.note}".casefold() if words else ""
    return all(word in text for word in words)


def _last_if_none(value: float | None, sign: int = 1) -> tuple[bool, float]:
    return value is None, sign * (value or 0.0)


def _kind_of_loss(record: RunRecord) -> tuple[bool, str]:
    """Losses of different kinds have no order: the plain cross-entropy comes first, then the others by name."""
    kind = name_objective(record.spec)
    return kind != PLAIN, kind


_KEYS: dict[Order, Callable[[RunRecord], tuple[object, ...]]] = {
    Order.ACCURACY: lambda record: _last_if_none(record.validation_accuracy, -1),
    Order.LOSS: lambda record: (record.loss is None, *_kind_of_loss(record), record.loss or 0.0),
    Order.NAME: lambda record: (record.title.casefold(),),
    Order.DATASET: lambda record: (record.spec.dataset.casefold(),),
    Order.DURATION: lambda record: _last_if_none(record.seconds),
}
