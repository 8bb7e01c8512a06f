"""Trainings of `tests.benchmarks.coach_grid`: each is done once and kept in a file of one JSON document a line."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingFailed
from core.networks.building import build_network, load_weights
from core.networks.spec import TrainingSpec, read_spec
from core.networks.weights import unpack_weights
from core.predictions.two_networks import mcnemar
from core.training.coach import Case, build_case, is_break
from core.training.events import (
    ArtefactReady,
    EpochEnded,
    Glimpsed,
    LayerHealth,
    Marked,
    StepsTaken,
    TrainingEvent,
    TrainingStarted,
    event_from_dict,
    event_to_dict,
)
from core.training.loop import train
from tests.benchmarks.coach_cases import Data, load_images

LEVEL = 0.05
LEAST = 1e-6
"""Probability below which an image counts no more against a network: 13.8 nats."""


@dataclass(frozen=True)
class Run:
    """What a training said, and how its network does on images that it never met.

    Attributes:
        correct: `bool (n,)`; losses: `float64 (n,)`, the cross-entropy of each image in nats. A training that broke off has no network:
            it counts as guessing.
    """

    case: Case
    correct: NDArray[np.bool_]
    losses: NDArray[np.float64]
    seconds: float

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())

    @property
    def loss(self) -> float:
        return float(self.losses.mean())


@dataclass(frozen=True)
class Contest:
    """Two networks on the same images. `accuracy` and `loss` are how much the second has more; the p-values are two-sided."""

    accuracy: float
    accuracy_p: float
    loss: float
    loss_p: float

    @property
    def is_better(self) -> bool:
        """Whether the second is better beyond luck in one of them, and not worse beyond luck in accuracy."""
        is_ahead = self.accuracy > 0 and self.accuracy_p < LEVEL
        is_behind = self.accuracy < 0 and self.accuracy_p < LEVEL
        return is_ahead or (self.loss < 0 and self.loss_p < LEVEL and not is_behind)

    @property
    def is_worse(self) -> bool:
        return self.accuracy < 0 and self.accuracy_p < LEVEL


def contest(first: Run, second: Run) -> Contest:
    """McNemar's test on right and wrong, and a paired normal test on the losses: there are hundreds of images."""
    first_only, second_only = int((first.correct & ~second.correct).sum()), int((second.correct & ~first.correct).sum())
    differences = second.losses - first.losses
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    loss_p = math.erfc(abs(float(differences.mean())) / error / math.sqrt(2)) if error else 1.0
    return Contest(second.accuracy - first.accuracy, mcnemar(first_only, second_only), float(differences.mean()), loss_p)


class Runs:
    """Trains what has not been trained yet. The file grows by one line a training, so that it can be ended and gone on with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    document = json.loads(line)
                except json.JSONDecodeError:
                    # The last line of a run that was killed while it wrote.
                    continue
                self._kept[document["key"]] = document

    def has(self, data: Data, spec: TrainingSpec) -> bool:
        return _key(data, spec) in self._kept

    def get(self, data: Data, spec: TrainingSpec) -> Run:
        key = _key(data, spec)
        if key not in self._kept:
            document = {"key": key, **_train(data, spec)}
            self._kept[key] = document
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(document) + os.linesep)
        return _read(data, spec, self._kept[key])


def _key(data: Data, spec: TrainingSpec) -> str:
    # Without defaults, so that a setting that is new does not make all that was trained useless.
    text = f"{data}{spec.model_dump_json(exclude={'recipe'}, exclude_defaults=True)}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _train(data: Data, spec: TrainingSpec) -> dict[str, Any]:
    began = time.process_time()
    image_set = load_images(data)
    events: list[TrainingEvent] = []
    error, weights = None, None
    try:
        weights = unpack_weights(train(spec, image_set, events.append).weights)
    except TrainingFailed as failure:
        error = str(failure)
    guessing = np.log(image_set.class_count)
    correct, losses = np.zeros(len(image_set.y_test), bool), np.full(len(image_set.y_test), guessing)
    if weights is not None:
        model = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
        load_weights(model, weights)
        probabilities = np.concatenate([model(images, training=False).numpy() for images in np.array_split(image_set.x_test, 2)])
        correct = probabilities.argmax(axis=1) == image_set.y_test
        losses = -np.log(np.maximum(probabilities[np.arange(len(correct)), image_set.y_test], LEAST))
    told = [event_to_dict(event) for event in events if not isinstance(event, (ArtefactReady, Glimpsed))]
    looks = [event for event in events if isinstance(event, Glimpsed)]
    return {
        "data": str(data),
        "spec": spec.model_dump(mode="json"),
        "events": told,
        "layers": event_to_dict(looks[-1])["layers"] if looks else [],
        "error": error,
        "correct": base64.b64encode(np.packbits(correct).tobytes()).decode(),
        "losses": base64.b64encode(losses.astype("<f2").tobytes()).decode(),
        "seconds": time.process_time() - began,
    }


def _read(data: Data, spec: TrainingSpec, document: dict[str, Any]) -> Run:
    events = [event_from_dict(event) for event in document["events"]]
    image_set = load_images(data)
    case = build_case(
        read_spec(spec.model_dump(mode="json")),
        image_set,
        next(event for event in events if isinstance(event, TrainingStarted)),
        steps=[event for event in events if isinstance(event, StepsTaken)],
        epochs=[event for event in events if isinstance(event, EpochEnded)],
        marks=[event for event in events if isinstance(event, Marked)],
        layers=[LayerHealth(**layer) for layer in document["layers"]],
        broke_off=is_break(document["error"]),
    )
    count = len(image_set.y_test)
    correct = np.unpackbits(np.frombuffer(base64.b64decode(document["correct"]), np.uint8), count=count).astype(bool)
    losses = np.frombuffer(base64.b64decode(document["losses"]), "<f2").astype(np.float64)
    return Run(case, correct, losses, document["seconds"])
