"""The time machine's work: which epochs, which images, and what the network of each makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.compute import epochs as time_machine
from core.compute.epochs import (
    EpochWeights,
    ask_epochs,
    choose_epochs,
    choose_images,
    drawing_key,
    read_epochs,
    study_epochs,
    study_key,
)
from core.compute.tasks import ModelSource
from core.errors import Cancelled, InklingError, StorageError
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer
from core.networks.spec import TrainingSpec

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=16),), epochs=3, seed=3)
IMAGE = np.zeros((8, 8), np.uint8)


def keep(folder: Path, epochs: list[int], size: int = 10) -> dict[int, Path]:
    paths = {epoch: folder / f"epoch-{epoch:04d}.npz" for epoch in epochs}
    for epoch, path in paths.items():
        path.write_bytes(bytes([epoch % 256]) * size)
    return paths


def test_all_epochs_are_looked_back_at_as_long_as_there_are_not_too_many(tmp_path):
    assert choose_epochs({}) == ()
    assert choose_epochs(keep(tmp_path, [4])) == (4,)
    assert choose_epochs(keep(tmp_path, [1, 4, 5])) == (1, 4, 5)
    chosen = choose_epochs(keep(tmp_path, list(range(1, 401))))
    assert (len(chosen), chosen[0], chosen[-1]) == (100, 1, 400)
    assert len(set(chosen)) == 100


def test_of_large_networks_fewer_epochs_travel_to_the_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(time_machine, "MAX_BYTES", 35)
    assert choose_epochs(keep(tmp_path, [1, 2, 3, 4, 5])) == (1, 3, 5)
    monkeypatch.setattr(time_machine, "MAX_BYTES", 1)
    assert choose_epochs(keep(tmp_path, [1, 2, 3, 4, 5])) == (1, 5)


def test_weights_are_read_in_the_order_of_the_epochs_and_a_vanished_file_is_told(tmp_path):
    kept = keep(tmp_path, [1, 2, 3], size=2)
    assert read_epochs(kept, (1, 3)) == EpochWeights((1, 3), (b"\x01\x01", b"\x03\x03"))
    kept[3].unlink()
    with pytest.raises(StorageError, match="may have been deleted"):
        read_epochs(kept, (1, 3))
    with pytest.raises(StorageError, match="may have been deleted"):
        choose_epochs(kept)


def test_a_key_names_all_that_an_answer_depends_on():
    keys = {
        study_key("a", (1, 2)),
        study_key("b", (1, 2)),
        study_key("a", (1, 3)),
        drawing_key("a", (1, 2), IMAGE),
        drawing_key("a", (1, 2), IMAGE + 1),
    }
    assert len(keys) == 5


def test_the_images_are_those_that_the_run_held_back(digits):
    held_back = choose_images(SPEC, digits.y_train)
    # As many as keras.Model.fit(validation_split=0.1) holds back.
    assert len(held_back) == 144
    np.testing.assert_array_equal(choose_images(SPEC.model_copy(update={"epochs": 9}), digits.y_train), held_back)
    last = choose_images(SPEC.model_copy(update={"shuffle": False}), digits.y_train)
    np.testing.assert_array_equal(last, np.arange(1293, 1437))


def test_a_run_that_held_nothing_back_is_asked_about_its_own_images(digits, monkeypatch):
    spec = SPEC.model_copy(update={"validation_split": 0.0, "training_images": 300})
    own = choose_images(spec, digits.y_train)
    assert len(own) == 300
    monkeypatch.setattr(time_machine, "MAX_TRAINING_IMAGES", 50)
    assert len(np.intersect1d(choose_images(spec, digits.y_train), own)) == 50


def trained(spec, image_set):
    """Weights by epoch as a real training keeps them, all of them, and where to build the network from."""
    from core.networks.weights import pack_weights, unpack_weights
    from core.training.loop import train

    weights = [
        train(spec.model_copy(update={"epochs": epochs}), image_set, lambda event: None).weights for epochs in range(1, spec.epochs + 1)
    ]
    packed = tuple(pack_weights(unpack_weights(data), is_compact=True) for data in weights)
    source = ModelSource(spec.model_dump_json(), image_set.image_shape, image_set.class_count, image_set.max_value, packed[-1])
    return EpochWeights(tuple(range(1, spec.epochs + 1)), packed), source


NETWORKS = {
    "dense": SPEC,
    "normalised": SPEC.model_copy(update={"scaling": "standardise_pixel", "hidden": (BatchNormalizationLayer(), DenseLayer(units=16))}),
    "convolution": SPEC.model_copy(update={"hidden": (Conv2DLayer(filters=4), BatchNormalizationLayer()), "epochs": 2}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_each_epoch_answers_as_a_network_that_is_built_for_it_alone(digits, name):
    from core.predictions.predictor import Predictor
    from core.predictions.scores import score

    spec = NETWORKS[name]
    weights, source = trained(spec, digits)
    reports: list[float] = []
    study = study_epochs(lambda share, message: reports.append(share), lambda: False, digits, source, weights)
    asked = ask_epochs(lambda share, message: None, lambda: False, digits.x_test[:5], source, weights)
    held_back = choose_images(spec, digits.y_train)
    for place, packed in enumerate(weights.packed):
        predictor = Predictor(spec, digits.image_shape, digits.class_count, digits.max_value, packed)
        expected = score(predictor.probabilities(digits.x_train[held_back]), digits.y_train[held_back])
        np.testing.assert_array_equal(study["confusion"][place], expected.confusion)
        assert study["loss"][place] == pytest.approx(expected.loss, rel=1e-5)
        np.testing.assert_allclose(asked["probabilities"][place], predictor.probabilities(digits.x_test[:5]), rtol=1e-5, atol=1e-7)
    assert study["confusion"][-1].trace() > study["confusion"][0].trace()
    assert reports == sorted(reports)


@pytest.mark.slow
def test_a_look_back_ends_soon_after_it_is_called_off_and_refuses_weights_of_another_network(digits):
    weights, source = trained(SPEC, digits)
    with pytest.raises(Cancelled):
        study_epochs(lambda share, message: None, lambda: True, digits, source, weights)
    foreign = EpochWeights(weights.epochs, (*weights.packed[:2], b"nothing of the kind"))
    with pytest.raises(InklingError, match="can't be read"):
        ask_epochs(lambda share, message: None, lambda: False, digits.x_test[:1], source, foreign)
