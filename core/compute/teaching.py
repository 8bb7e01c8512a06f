"""Teaching a copy of a network somebody's handwriting, without its forgetting everybody else's.

A network that goes on learning from a few drawings alone soon reads nothing but these: M. McCloskey and N. J. Cohen, "Catastrophic
Interference in Connectionist Networks", Psychology of Learning and Motivation 24 (1989), 109-165. So the drawings are mixed with images
that it has learned from before (rehearsal: A. Robins, "Catastrophic Forgetting, Rehearsal and Pseudorehearsal", Connection Science 7
(1995), 123-146), and the steps are small.

Every second drawing of each class is not taught: only by those can be told whether it reads the hand better, or has learned pictures by
heart. The functions up to `teaching_key` are for the page server; `teach` runs as a job in the answering worker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.lanes import Lane
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.compute.worker import warm_up
from core.datasets.image_set import Images, ImageSet, Labels, build_image_set, fingerprint
from core.errors import Cancelled
from core.networks.spec import TrainingSpec, read_spec
from core.predictions.scores import Scores, score
from core.training.events import EpochEnded, StepsTaken, TrainingEvent, TrainingStarted, event_to_dict
from core.training.splitting import Positions, ValidationSplit, choose_stratified, split_images
from core.training.steering import stop_when

REHEARSED = 10_000
"""Images that it has learned from before, at most. With 5,000 of MNIST's, `mnist-128` forgot a quarter of a percent more of its
validation images, and read no more of a strange hand; with 20,000 it took three times as long."""

DRAWN_SHARE = 0.2
"""Of all images, those that are drawings, each of them many times over. With a tenth it forgot no less."""

EPOCHS, STEPS = 3, 1_200
"""At least so many epochs, and of small sets so many more that about so many steps are taken: in fewer it learns next to nothing."""

LEARNING_RATE, BATCH_SIZE = 0.0003, 32
"""With Adam, whatever the network learned by: a third of the rate that networks are usually trained with."""

_AT_ONCE = 1_000
"""Images between two looks at whether anybody still wants the answers."""

_TRAINING_PART = 0.8
"""Of a job's progress, what the training counts for; asking about test images before and after is the rest."""

ShouldStop = Callable[[], bool]


class Mix(NamedTuple):
    """What a copy learns from, drawings among it, and is validated on, as a set of its own."""

    image_set: ImageSet
    split: ValidationSplit


class Halves(NamedTuple):
    """Positions of drawings, `int32`, in ascending order: those that are taught, and those that are kept for checking."""

    taught: Positions
    checked: Positions


def split_drawings(labels: Labels, known: NDArray[np.bool_]) -> Halves:
    """Of the drawings of each class, the first, third and so on are taught, the second, fourth and so on are for checking.

    Those that are `known`, `bool (n,)`, because the network was taught them before, are never for checking.
    """
    is_taught = known.copy()
    for label in np.unique(labels):
        is_taught[np.flatnonzero((labels == label) & ~known)[::2]] = True
    return Halves(np.flatnonzero(is_taught).astype(np.int32), np.flatnonzero(~is_taught).astype(np.int32))


def choose_rehearsed(spec: TrainingSpec, labels: Labels) -> Positions:
    """Which of the images that a run of `spec` has learned from its copy sees again, in ascending order: of each class the same share."""
    learned = split_images(spec, labels).training
    return choose_stratified(learned, labels, REHEARSED, spec.seed)


def teaching_spec(spec: TrainingSpec, rehearsed: int) -> TrainingSpec:
    """How a copy of a network of this spec is taught, which sees so many images again.

    Which images it has learned from, before or now, and which are held back from it, is the same as for the network itself.
    """
    mixed = rehearsed / (1 - DRAWN_SHARE)
    return spec.model_copy(
        update={
            "recipe": None,
            "epochs": max(EPOCHS, round(STEPS * BATCH_SIZE / mixed)),
            "batch_size": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "schedule": "constant",
            "warmup_epochs": 0.0,
            "optimiser": "adam",
            **dict.fromkeys(("momentum", "beta_1", "beta_2", "rho", "weight_decay", "patience", "target_accuracy")),
            "keep_best": False,
        }
    )


def teaching_key(model_key: str, drawings: Images, labels: Labels, known: NDArray[np.bool_]) -> str:
    """The key of a job of `teach`: the weights, which name their images too, and what is taught."""
    return "-".join(["teach", model_key, *(fingerprint(array)[:16] for array in (drawings, labels, known))])


@with_plain_errors
def teach(
    report: Report,
    should_stop: ShouldStop,
    key: str,
    source: ModelSource,
    image_set: ImageSet,
    drawings: Images,
    labels: Labels,
    known: NDArray[np.bool_],
) -> dict[str, NDArray[Any]]:
    """Train a copy of a network on drawings and on images that it has learned from before.

    Args:
        image_set: the one it learned from.
        drawings: `uint8 (n, *image_shape)`, as the network gets them; at least one.
        labels: `int32 (n,)`.
        known: as for `split_drawings`.

    Returns:
        `weights` and `model`, bytes as `uint8`: as `pack_weights` packs them, and a Keras file.
        `events`, text: what the training said, as JSON. It is validated on the images that the network held back.
        `before_taught`, `before_checked`, `before_test`, and the same with `after`, `bool`: which of the drawings that were taught, of
        the others and of the test images are read right by the network and by its copy.

    Raises `Cancelled`, and `TrainingFailed`.
    """
    predictor, spec, halves = find_predictor(key, source), read_spec(source.spec), split_drawings(labels, known)
    asked = {"taught": (drawings[halves.taught], labels[halves.taught]), "checked": (drawings[halves.checked], labels[halves.checked])}
    asked["test"] = (image_set.x_test, image_set.y_test)
    before = {f"before_{name}": _read_right(predictor, *those, should_stop) for name, those in asked.items()}
    report(0.1, "Compiling the copy.")
    rehearsed = choose_rehearsed(spec, image_set.y_train)
    mixed = mix(spec, image_set, rehearsed, *asked["taught"])
    weights, events = _train(report, should_stop, teaching_spec(spec, len(rehearsed)), mixed, source.weights)
    report(0.1 + _TRAINING_PART, "Asking the copy about the test images.")
    copy = _build_predictor(spec, source, weights)
    after = {f"after_{name}": _read_right(copy, *those, should_stop) for name, those in asked.items()}
    return {
        "weights": np.frombuffer(weights, np.uint8),
        "model": np.frombuffer(_export(spec, image_set, weights), np.uint8),
        "events": np.array([json.dumps(event_to_dict(event)) for event in events]),
        **before,
        **after,
    }


def mix(spec: TrainingSpec, image_set: ImageSet, rehearsed: Positions, drawings: Images, labels: Labels) -> Mix:
    """The training images at the positions `rehearsed`, and the drawings, repeated until they are `DRAWN_SHARE` of what is learned from.

    Every drawing comes once at least, and no two are repeated unequally often but by one. The images that a run of `spec` held back
    come last, and are held back again.
    """
    wanted = max(len(labels), round(len(rehearsed) * DRAWN_SHARE / (1 - DRAWN_SHARE)))
    repeated = np.resize(np.arange(len(labels)), wanted)
    held_back = split_images(spec, image_set.y_train).validation
    learned = len(rehearsed) + wanted
    places = np.arange(learned + len(held_back), dtype=np.int32)
    mixed = build_image_set(
        name=f"{image_set.name} and drawings",
        title=f"{image_set.title} and drawings",
        x_train=np.concatenate([image_set.x_train[rehearsed], drawings[repeated], image_set.x_train[held_back]]),
        y_train=np.concatenate([image_set.y_train[rehearsed], labels[repeated], image_set.y_train[held_back]]),
        x_test=image_set.x_test[:1],
        y_test=image_set.y_test[:1],
        class_names=image_set.class_names,
        max_value=image_set.max_value,
        origin="Mixed for teaching.",
    )
    return Mix(mixed, ValidationSplit(places[:learned], places[learned:]))


def _train(report: Report, should_stop: ShouldStop, spec: TrainingSpec, mixed: Mix, weights: bytes) -> tuple[bytes, list[TrainingEvent]]:
    """The weights of the copy, and what is worth keeping of what its training said."""
    warm_up(Lane.ANSWER)
    from core.training.loop import Start, train

    events: list[TrainingEvent] = []

    def listen(event: TrainingEvent) -> None:
        if isinstance(event, (TrainingStarted, StepsTaken, EpochEnded)):
            events.append(event)
        if isinstance(event, (StepsTaken, EpochEnded)):
            steps = spec.epochs * -(-len(mixed.split.training) // spec.batch_size)
            report(0.1 + _TRAINING_PART * event.step / steps, f"Epoch {event.epoch} of {spec.epochs}.")

    # All that is in the mix is used, one way or the other.
    everything = spec.model_copy(update={"training_images": None})
    outcome = train(everything, mixed.image_set, listen, stop_when(should_stop), start=Start(weights, None, 0), split=mixed.split)
    if outcome.stopped:
        raise Cancelled("The teaching was called off.")
    return outcome.weights, events


def _score(predictor: Any, images: Images, labels: Labels, should_stop: ShouldStop) -> Scores:
    answers = []
    for first in range(0, len(images), _AT_ONCE):
        if should_stop():
            raise Cancelled("The teaching was called off.")
        answers.append(predictor.probabilities(images[first : first + _AT_ONCE]))
    return score(np.concatenate(answers), labels)


def _read_right(predictor: Any, images: Images, labels: Labels, should_stop: ShouldStop) -> NDArray[np.bool_]:
    if not len(labels):
        return np.zeros(0, np.bool_)
    scores = _score(predictor, images, labels, should_stop)
    return np.asarray(scores.predicted == scores.labels)


def _build_predictor(spec: TrainingSpec, source: ModelSource, weights: bytes) -> Any:
    from core.predictions.predictor import Predictor

    return Predictor(spec, source.image_shape, source.class_count, source.max_value, weights)


def _export(spec: TrainingSpec, image_set: ImageSet, weights: bytes) -> bytes:
    from core.networks.building import export_keras
    from core.networks.weights import unpack_weights

    return export_keras(spec, image_set.image_shape, image_set.class_names, image_set.max_value, unpack_weights(weights))
