from __future__ import annotations

import pytest

from core.errors import SpecError
from core.networks.building import build_network
from core.networks.layers import DenseLayer
from core.networks.recipes import RECIPES
from core.networks.shapes import check_size, count_parameters, describe_layers
from core.networks.spec import TrainingSpec

NETWORKS = [
    ((), (8, 8), 10),
    ((64,), (8, 8), 10),
    ((784, 32), (28, 28), 10),
    ((200, 150), (32, 32, 3), 10),
    ((1,), (1, 1), 2),
    ((5, 4, 3, 2, 1, 1, 2, 3, 4, 5), (3, 7, 3), 100),
]


def _dense(units):
    return tuple(DenseLayer(units=count) for count in units)


@pytest.mark.parametrize("scale_inputs", [True, False])
@pytest.mark.parametrize(("units", "image_shape", "class_count"), NETWORKS)
def test_every_row_agrees_with_keras(units, image_shape, class_count, scale_inputs):
    spec = TrainingSpec(hidden=_dense(units), scale_inputs=scale_inputs)
    model = build_network(spec, image_shape, class_count, 255)
    image, *rows = describe_layers(spec.hidden, image_shape, class_count, scale_inputs=scale_inputs)
    assert (image.output_shape, image.parameters) == (image_shape, 0)
    assert [row.output_shape for row in rows] == [layer.output.shape[1:] for layer in model.layers]
    assert [row.parameters for row in rows] == [layer.count_params() for layer in model.layers]
    assert count_parameters([image, *rows]) == model.count_params()


def test_the_published_network_has_its_published_count():
    rows = describe_layers(RECIPES["mnist-784-32-sgd"].spec.hidden, (28, 28), 10, scale_inputs=True)
    assert count_parameters(rows) == 640_890


def test_each_row_says_where_its_count_comes_from():
    rows = describe_layers(_dense([64]), (8, 8), 10, scale_inputs=True)
    assert [row.layer for row in rows] == ["Image", "Scale to 0..1", "Flatten", "Dense 1", "Output"]
    assert rows[2].how == "nothing to learn: 8 x 8 in one row"
    assert rows[3].how == "64 x 64 weights + 64 biases"
    assert [row.activation for row in rows] == ["", "", "", "ReLU", "Softmax"]


def test_a_network_at_the_limit_is_accepted_and_one_past_it_refused():
    # 12,288 x 4,060 weights and what follows stay just under 50 million parameters; 4,070 units go past them.
    check_size(TrainingSpec(hidden=_dense([4060])), (64, 64, 3), 10)
    with pytest.raises(SpecError, match="expected at most 50,000,000") as refusal:
        check_size(TrainingSpec(hidden=_dense([4070])), (64, 64, 3), 10)
    assert refusal.value.problems[0].field == "hidden"
