"""Augmentation: training images that are moved, turned and spoiled a little, differently each epoch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Augmentation(BaseModel):
    """What is done to each training image, by a random amount up to the one given. All 0: nothing. Frozen.

    Validation and test images are never augmented.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shift: float = Field(
        default=0.0, ge=0, le=0.5, title="Shift", description="Moves the image up to this part of its side, in any direction."
    )
    rotation: float = Field(default=0.0, ge=0, le=180, title="Rotation", description="Turns the image up to this many degrees, either way.")
    zoom: float = Field(default=0.0, ge=0, le=0.5, title="Zoom", description="Makes the image up to this part larger or smaller.")
    flip: bool = Field(
        default=False,
        title="Mirror",
        description="Mirrors half of the images, left to right. Good for clothes and animals, bad for digits.",
    )
    noise: float = Field(
        default=0.0, ge=0, le=0.5, title="Noise", description="Adds random values to every pixel: their spread, as a part of the brightest."
    )

    @property
    def is_on(self) -> bool:
        return self != Augmentation()
