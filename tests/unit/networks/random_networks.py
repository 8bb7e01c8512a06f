"""Random networks that can work, for tests that have to hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from core.errors import SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.initialisers import INITIALISERS
from core.networks.layers import LAYERS, AveragePoolingLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.plan import plan_layers
from core.networks.scaling import SCALINGS
from core.networks.spec import TrainingSpec

WEIGHTED = {
    "activation": st.sampled_from(sorted(ACTIVATIONS)),
    "initialiser": st.sampled_from(sorted(INITIALISERS)),
    "l2": st.sampled_from([0.0, 0.01]),
}
OWN_SETTINGS = {
    "dense": st.builds(DenseLayer, units=st.integers(1, 12), **WEIGHTED),
    "conv2d": st.builds(
        Conv2DLayer,
        filters=st.integers(1, 6),
        kernel=st.integers(1, 5),
        stride=st.integers(1, 4),
        padding=st.sampled_from(["same", "valid"]),
        **WEIGHTED,
    ),
    "max_pooling2d": st.builds(MaxPoolingLayer, size=st.integers(2, 4)),
    "average_pooling2d": st.builds(AveragePoolingLayer, size=st.integers(2, 4)),
    "dropout": st.builds(DropoutLayer, rate=st.floats(0, 0.9)),
}
any_layer = st.one_of([OWN_SETTINGS.get(kind, st.builds(layer)) for kind, layer in LAYERS.items()])


@st.composite
def networks(draw):
    """A spec and an image shape that go together: of random layers, those that can work where they stand."""
    image_shape = (draw(st.integers(1, 14)), draw(st.integers(1, 14)), *draw(st.sampled_from([(), (3,)])))
    hidden = ()
    for layer in draw(st.lists(any_layer, max_size=7)):
        try:
            plan_layers(TrainingSpec(hidden=(*hidden, layer)), image_shape, 3)
        except SpecError:
            continue
        hidden = (*hidden, layer)
    return TrainingSpec(hidden=hidden, scaling=draw(st.sampled_from(sorted(SCALINGS))), shuffled_pixels=draw(st.booleans())), image_shape
