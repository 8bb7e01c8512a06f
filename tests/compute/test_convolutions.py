"""A convolutional network's whole life, with pooling and batch normalisation: trained, asked everything that a page asks, taught, saved.

No network is asked with no images meanwhile (`no_empty_batches`), whatever the processor. `.ci/run` runs these once more with oneDNN's
kernels on and off, since the two compute convolutions differently.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.compute.break_it import measure_curve
from core.compute.epochs import EpochWeights, ask_epochs, study_epochs
from core.compute.maps import map_hidden
from core.compute.nearest import ask_nearest, search_nearest
from core.compute.patches import find_patch
from core.compute.reading import learn_familiar, read_images
from core.compute.scoring import score_images
from core.compute.tasks import ModelSource, answer, find_predictor
from core.compute.teaching import teach
from core.datasets.image_set import ImageSet, Split
from core.datasets.projection import MapSettings
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, MaxPoolingLayer
from core.networks.spec import TrainingSpec
from core.predictions.perturbations import FAST_GRADIENT
from core.predictions.reading import Reading
from core.training.events import ArtefactReady, EpochEnded, TrainingEvent
from core.training.splitting import split_images

pytestmark = [pytest.mark.slow, pytest.mark.convolution, pytest.mark.usefixtures("no_empty_batches")]

SPEC = TrainingSpec(
    dataset="digits",
    hidden=(
        *(Conv2DLayer(filters=8), BatchNormalizationLayer(), MaxPoolingLayer()),
        *(Conv2DLayer(filters=16), BatchNormalizationLayer(), MaxPoolingLayer()),
        DenseLayer(units=16),
    ),
    epochs=4,
    batch_size=16,
    seed=3,
)
"""Of the kind in which the second convolution gets other channels than the first: asked with nothing, oneDNN refuses that."""

KEY = "convolutions/final.npz"


def report(share: float, message: str) -> None:
    """Nobody looks."""


def never() -> bool:
    return False


@pytest.fixture(scope="module", params=[0.1, 0.0], ids=["with validation", "without validation"])
def trained(request: pytest.FixtureRequest, digits: ImageSet, no_empty_batches: None) -> tuple[TrainingSpec, list[TrainingEvent], bytes]:
    from core.training.loop import train

    spec, events = SPEC.model_copy(update={"validation_split": request.param}), []
    return spec, events, train(spec, digits, events.append).weights


@pytest.fixture
def source(trained: tuple[TrainingSpec, list[TrainingEvent], bytes], digits: ImageSet) -> ModelSource:
    spec, _, weights = trained
    return ModelSource(spec.model_dump_json(), digits.image_shape, digits.class_count, digits.max_value, weights)


@pytest.fixture
def key(source: ModelSource) -> str:
    return f"{KEY}-{hash(source.spec)}"


def test_it_learns_and_hands_over_every_epoch(trained: tuple[TrainingSpec, list[TrainingEvent], bytes]) -> None:
    spec, events, _ = trained
    ended = [event for event in events if isinstance(event, EpochEnded)]
    assert len(ended) == 4 and ended[-1].accuracy > 0.8
    assert (ended[-1].validation_loss is None) == (spec.validation_split == 0)


def test_asked_with_no_images_it_gives_empty_answers(source: ModelSource, key: str, digits: ImageSet) -> None:
    predictor = find_predictor(key, source)
    hidden, probabilities = predictor.answers(digits.x_test[:0])
    assert (hidden.shape, hidden.dtype, probabilities.shape, probabilities.dtype) == ((0, 16), np.float32, (0, 10), np.float32)
    assert answer(key, digits.x_test[:0], source).shape == (0, 10)
    assert Reading.from_arrays(read_images(predictor, key, digits.x_test[:0])).probabilities.shape == (0, 10)


def test_draw_gets_an_answer_and_how_new_the_drawing_is(source: ModelSource, key: str, digits: ImageSet) -> None:
    predictor = find_predictor(key, source)
    learned = learn_familiar(report, never, key, source, digits)
    for count in (0, 1, 3):
        found = Reading.from_arrays(read_images(predictor, key, digits.x_test[:count], learned))
        assert found.novelty is not None and found.novelty.scores.shape == (count,)


def test_mistakes_and_one_image_get_the_nearest_training_images(source: ModelSource, key: str, digits: ImageSet) -> None:
    found = search_nearest(report, never, key, source, digits, digits.x_test[0], (3, 5), 4)
    assert found["labels"].tolist() == [3] * 4 + [5] * 4
    asked = ask_nearest(find_predictor(key, source), key, digits.x_test[0], (3, 5), 4)
    np.testing.assert_array_equal(found["positions"], asked["positions"])


@pytest.mark.parametrize("split", Split)
def test_score_gets_an_answer_to_each_image_that_there_is(source: ModelSource, key: str, digits: ImageSet, split: Split) -> None:
    found = score_images(report, never, key, source, digits, split)
    spec = TrainingSpec.model_validate_json(source.spec)
    held_back = split_images(spec, digits.y_train).validation
    assert len(found["probabilities"]) == len(digits.y_test if split == Split.TEST else held_back)


def test_the_time_machine_asks_every_epoch(
    trained: tuple[TrainingSpec, list[TrainingEvent], bytes], source: ModelSource, digits: ImageSet
) -> None:
    epochs = [event.data for event in trained[1] if isinstance(event, ArtefactReady) and event.name.startswith("weights/epoch")]
    weights = EpochWeights(tuple(range(1, len(epochs) + 1)), tuple(epochs))
    assert len(study_epochs(report, never, digits, source, weights)["confusion"]) == len(epochs)
    assert ask_epochs(report, never, digits.x_test[:0], source, weights)["probabilities"].shape == (len(epochs), 0, 10)


@pytest.mark.parametrize("name", ["shift", FAST_GRADIENT])
def test_break_it_spoils_some_images_or_none(source: ModelSource, key: str, digits: ImageSet, name: str) -> None:
    some, none = np.arange(20, dtype=np.int32), np.empty(0, np.int32)
    assert measure_curve(report, never, key, source, digits, Split.TEST, some, name)["right"][0].sum() > 10
    assert not measure_curve(report, never, key, source, digits, Split.TEST, none, name)["right"].any()


def test_its_answers_are_explained(source: ModelSource, key: str, digits: ImageSet) -> None:
    from core.predictions.activations import activations
    from core.predictions.change_of_mind import change_mind
    from core.predictions.evidence import explain, occlude

    predictor, image = find_predictor(key, source), digits.x_test[0]
    label, second = np.argsort(-predictor.probabilities(image[None])[0])[:2].tolist()
    evidence = explain(predictor, image, label, second)["evidence"]
    assert evidence.shape == occlude(predictor, image, evidence, label, second)["loss"].shape == (8, 8)
    assert activations(predictor, image)["output"].shape == (10,)
    # An empty image has no ink to erase, and so nothing to try.
    for drawing in (image, np.zeros_like(image)):
        other = int(np.argsort(-predictor.probabilities(drawing[None])[0])[1])
        assert change_mind(predictor, drawing, other, 16)["probabilities"].shape == (3, 10)
    assert find_patch(report, never, key, source, image, 16)["old_label"] == label


def test_a_map_is_made_of_its_last_hidden_layer(source: ModelSource, key: str, digits: ImageSet) -> None:
    settings = MapSettings(count=100)
    assert map_hidden(report, never, digits, Split.TEST, settings, key, source)["positions"].shape == (100, 2)


@pytest.mark.parametrize("count", [2, 9])
def test_a_copy_is_taught(source: ModelSource, key: str, digits: ImageSet, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two drawings of two classes none is kept for checking."""
    monkeypatch.setattr("core.compute.teaching.STEPS", 1)
    result = teach(report, never, key, source, digits, digits.x_test[:count], digits.y_test[:count], np.zeros(count, np.bool_))
    assert len(result["after_taught"]) + len(result["after_checked"]) == count


def test_the_saved_model_answers_the_same_in_plain_keras(
    trained: tuple[TrainingSpec, list[TrainingEvent], bytes], source: ModelSource, key: str, digits: ImageSet, tmp_path: Path
) -> None:
    import keras

    from core.networks.building import export_keras
    from core.networks.weights import unpack_weights

    path = tmp_path / "model.keras"
    path.write_bytes(export_keras(trained[0], (8, 8), digits.class_names, 16, unpack_weights(trained[2])))
    answers = np.asarray(keras.models.load_model(path)(digits.x_test[:9].astype(np.float32)))
    np.testing.assert_allclose(answers, find_predictor(key, source).probabilities(digits.x_test[:9]), atol=1e-5)
