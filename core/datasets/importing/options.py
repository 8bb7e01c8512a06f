"""What becomes of the pictures on their way into an image set: each choice with its label and help, written once."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.settings import MAX_SIDE


class Fit(StrEnum):
    """How a picture gets to the size of the set."""

    FIT = "fit"
    CROP = "crop"
    STRETCH = "stretch"


class Colour(StrEnum):
    """One number for each pixel, or three."""

    GREY = "grey"
    COLOUR = "colour"


class Turn(StrEnum):
    """Which way a picture is turned, after it is mirrored."""

    NONE = "none"
    LEFT = "left"
    RIGHT = "right"
    HALF = "half"


TURN_TITLES = {
    Turn.NONE: "Not at all",
    Turn.LEFT: "A quarter to the left",
    Turn.RIGHT: "A quarter to the right",
    Turn.HALF: "Upside down",
}
FIT_TITLES = {
    Fit.FIT: "Fit: all of it, with margins",
    Fit.CROP: "Crop: fill the square, cut what stands out",
    Fit.STRETCH: "Stretch: all of it, out of shape",
}
COLOUR_TITLES = {Colour.GREY: "Grey: one number for each pixel", Colour.COLOUR: "Colour: red, green and blue"}


class ImportOptions(BaseModel):
    """The choices of one import. Frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(
        max_length=80,
        title="Name",
        description="The set's name as a file and on the command line: letters without accents, digits, '_', '-' or '.'.",
    )
    title: str | None = Field(default=None, max_length=80, title="Title", description="What the set is called on the pages.")
    size: int | None = Field(
        default=None,
        ge=1,
        le=MAX_SIDE,
        title="Size in pixels",
        description="Width and height of each image. Small images train fast: MNIST has 28. Empty keeps the size the pictures have.",
    )
    fit: Fit = Field(
        default=Fit.FIT, title="Pictures of another shape", description="What happens to a picture that has not the shape of the set."
    )
    colour: Colour | None = Field(
        default=None, title="Colour", description="Grey is enough for writing and drawings, and a third of the numbers to learn from."
    )
    largest: float | None = Field(
        default=None,
        gt=0,
        title="Largest value",
        description="The number that stands for white in the files, such as 1, 16, 255 or 4095. Empty takes what the files suggest.",
    )
    turn: Turn | None = Field(
        default=None, title="Turn", description="For pictures that lie on their side. Without a choice only EMNIST is turned."
    )
    mirror: bool | None = Field(
        default=None,
        title="Mirror",
        description="Exchanges left and right, before the pictures are turned. Without a choice only EMNIST is mirrored.",
    )
    labels: str | None = Field(
        default=None,
        max_length=200,
        title="Classes from",
        description="What says which class a picture belongs to, where there is more than one way to tell.",
    )
    part: str | None = Field(
        default=None, max_length=200, title="Part", description="Which of several sets in the files is imported, if there are several."
    )
    test_share: float = Field(
        default=0.2,
        ge=0.05,
        le=0.5,
        title="Test share",
        description="The part of each class that is kept apart for testing. Only used where the pictures are not split already.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Decides which images are kept apart. The same seed draws the same ones.",
    )
