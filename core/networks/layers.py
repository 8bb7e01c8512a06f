"""The hidden layers on offer. The output layer follows from the data and is never chosen, and a flatten step is put where one is needed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.networks.activations import ACTIVATIONS
from core.networks.initialisers import INITIALISERS


class _Layer(BaseModel):
    """What every layer has: `title` for a page and `about`, one plain sentence for a learner. Frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    title: ClassVar[str]
    about: ClassVar[str]

    @property
    def short(self) -> str:
        """What it is called in a run's name, such as `32c3`; empty for layers that are left out there."""
        return ""


class _WeightedLayer(_Layer):
    """A layer with weights of its own, and a function applied to what it computes."""

    activation: str = Field(
        default="relu",
        title="Activation",
        description="The function applied to each unit's sum. Without one, several layers can do no more than a single one.",
    )
    initialiser: str = Field(
        default="glorot_uniform", title="First weights", description="How the weights are drawn that the layer starts with."
    )
    l2: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="L2 penalty",
        description="Adds this times the sum of the squared weights to the loss. Keeps weights small, which can help against memorising.",
    )

    @field_validator("activation")
    @classmethod
    def _activation_is_known(cls, value: str) -> str:
        if value not in ACTIVATIONS:
            raise ValueError(f"there is no activation called {value!r}; expected one of {', '.join(ACTIVATIONS)}")
        return value

    @field_validator("initialiser")
    @classmethod
    def _initialiser_is_known(cls, value: str) -> str:
        if value not in INITIALISERS:
            raise ValueError(f"there is no initialiser called {value!r}; expected one of {', '.join(INITIALISERS)}")
        return value


class DenseLayer(_WeightedLayer):
    """A fully connected layer: each unit looks at every value of the layer before."""

    title: ClassVar[str] = "Dense"
    about: ClassVar[str] = "Each unit weighs every value of the layer before, so it knows nothing of what lies beside what."

    kind: Literal["dense"] = "dense"
    units: int = Field(
        default=64,
        ge=1,
        le=4096,
        title="Units",
        description="How many numbers this layer computes. More units can learn more, take longer and memorise more easily.",
    )

    @property
    def short(self) -> str:
        return str(self.units)


class Conv2DLayer(_WeightedLayer):
    """A convolution: a small window of weights slides over the image."""

    title: ClassVar[str] = "Conv2D"
    about: ClassVar[str] = "Each filter is a small window of weights that slides over the image and finds its pattern wherever it is."

    kind: Literal["conv2d"] = "conv2d"
    filters: int = Field(default=32, ge=1, le=512, title="Filters", description="How many different patterns this layer looks for.")
    kernel: int = Field(default=3, ge=1, le=11, title="Window", description="Width and height of the sliding window, in pixels.")
    stride: int = Field(default=1, ge=1, le=4, title="Stride", description="Pixels that the window moves at a time. 2 halves the image.")
    padding: Literal["same", "valid"] = Field(
        default="same",
        title="Edges",
        description="'same' pads the edges with 0 and keeps the size; 'valid' stays inside, so the image shrinks by the window less one.",
    )

    @property
    def short(self) -> str:
        stride = f"s{self.stride}" if self.stride > 1 else ""
        return f"{self.filters}c{self.kernel}{stride}"


class MaxPoolingLayer(_Layer):
    """The largest value of each small square."""

    title: ClassVar[str] = "MaxPooling2D"
    about: ClassVar[str] = "Keeps the largest value of each small square: the image shrinks, and where exactly something is matters less."

    kind: Literal["max_pooling2d"] = "max_pooling2d"
    size: int = Field(default=2, ge=2, le=8, title="Square", description="Width and height of each square, in pixels.")

    @property
    def short(self) -> str:
        return f"p{self.size}"


class AveragePoolingLayer(_Layer):
    """The mean of each small square."""

    title: ClassVar[str] = "AveragePooling2D"
    about: ClassVar[str] = "Keeps the mean of each small square: the image shrinks and gets softer."

    kind: Literal["average_pooling2d"] = "average_pooling2d"
    size: int = Field(default=2, ge=2, le=8, title="Square", description="Width and height of each square, in pixels.")

    @property
    def short(self) -> str:
        return f"a{self.size}"


class GlobalAveragePoolingLayer(_Layer):
    """One number for each filter: its mean over the whole image."""

    title: ClassVar[str] = "GlobalAveragePooling2D"
    about: ClassVar[str] = "Takes the mean of each filter over the whole image: what was found counts, not where. Needs no flattening."

    kind: Literal["global_average_pooling2d"] = "global_average_pooling2d"

    @property
    def short(self) -> str:
        return "mean"


class FlattenLayer(_Layer):
    """All values in one row."""

    title: ClassVar[str] = "Flatten"
    about: ClassVar[str] = "Puts all values into one row. Before a Dense layer this happens by itself."

    kind: Literal["flatten"] = "flatten"


class DropoutLayer(_Layer):
    """Some values turned into 0, at random, while it trains."""

    title: ClassVar[str] = "Dropout"
    about: ClassVar[str] = "While it trains, turns some values into 0, others each time, so that no unit can rely on a single other one."

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(default=0.25, ge=0, le=0.9, title="Share dropped", description="The part of the values that is turned into 0.")


class BatchNormalizationLayer(_Layer):
    """Values brought to mean 0 and spread 1 over each batch."""

    title: ClassVar[str] = "BatchNormalization"
    about: ClassVar[str] = "Brings the values to mean 0 and spread 1 over each batch, then scales them as it learns to. Often faster."

    kind: Literal["batch_normalization"] = "batch_normalization"


Layer = Annotated[
    DenseLayer
    | Conv2DLayer
    | MaxPoolingLayer
    | AveragePoolingLayer
    | GlobalAveragePoolingLayer
    | FlattenLayer
    | DropoutLayer
    | BatchNormalizationLayer,
    Field(discriminator="kind"),
]

LAYERS: dict[str, type[_Layer]] = {
    "dense": DenseLayer,
    "conv2d": Conv2DLayer,
    "max_pooling2d": MaxPoolingLayer,
    "average_pooling2d": AveragePoolingLayer,
    "global_average_pooling2d": GlobalAveragePoolingLayer,
    "flatten": FlattenLayer,
    "dropout": DropoutLayer,
    "batch_normalization": BatchNormalizationLayer,
}
"""Public name (`kind`) to the layer's settings, in the order in which a page offers them."""
