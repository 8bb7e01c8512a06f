"""Which network an id stands for: what its weights are called, and what it is built from."""

from __future__ import annotations

from collections.abc import Callable

from core.compute.tasks import ModelSource
from core.datasets.image_set import ImageSet
from core.runs.store import RunStore
from core.shipped.card import SHIPPED, load_card, load_weights, shipped_model_key


def find_model_key(store: RunStore, reader_id: str) -> str:
    """Names the newest weights of a run, or those of the network that comes with Inkling. Costs nothing.

    A file of weights never changes once it is there, so what follows from them can be kept under this name.
    Raises `RunNotReady` while a run has no weights.
    """
    if reader_id == SHIPPED:
        return shipped_model_key()
    return f"{reader_id}/{store.latest_weights_path(reader_id).name}"


def find_model_source(store: RunStore, load_dataset: Callable[[str], ImageSet], reader_id: str) -> ModelSource:
    """What the network is built from. The images of the one that comes with Inkling need not be on this machine.

    Raises `RunNotReady` while a run has no weights, and `DatasetError` if its data set is gone or has changed.
    """
    if reader_id == SHIPPED:
        return shipped_source()
    record = store.load(reader_id)
    image_set = load_dataset(record.spec.dataset)
    record.check_images(image_set)
    shape, classes, max_value = image_set.image_shape, image_set.class_count, image_set.max_value
    return ModelSource(record.spec.model_dump_json(), shape, classes, max_value, store.latest_weights(reader_id))


def shipped_source() -> ModelSource:
    """What the network that comes with Inkling is built from."""
    card = load_card()
    return ModelSource(card.spec.model_dump_json(), card.image_shape, len(card.class_names), card.max_value, load_weights())
