"""A network that reads drawings: what has to be known of it to make an image for it out of a drawing."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets.image_set import ImageSet
from core.drawing.ink import NO_INK, ink_box
from core.drawing.photo import prepare_photo
from core.drawing.pipeline import PreparedDrawing, prepare_drawing
from core.drawing.sketch import Sketch
from core.drawing.step import Skipped
from core.drawing.style import DrawingStyle, style_for
from core.errors import DrawingError


@dataclass(frozen=True)
class Reader:
    """One network, and how the images were made that it learned from.

    Attributes:
        id: of a run, or `core.shipped.card.SHIPPED`; what `ComputeService.predict` and `consult` are asked with.
        title: what it is called on a page.
        dataset, dataset_sha256: the images it learned from, by name and by content. The shipped network's need not be on this machine.
        class_names: one for each class.
        image_shape: `(height, width)`, or `(height, width, 3)` for colour.
        max_value: the largest value a pixel can take.
        style: how ink becomes an image like those.
    """

    id: str
    title: str
    dataset: str
    dataset_sha256: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...]
    max_value: int
    style: DrawingStyle

    @property
    def is_grey(self) -> bool:
        return len(self.image_shape) == 2

    @property
    def reads_characters(self) -> bool:
        """Whether what it learned is written: clothes may fill their picture and reach its edge, and photos hold no ink."""
        return self.is_grey and all(len(name) == 1 for name in self.class_names)

    def prepare(self, sketch: Sketch, skipped: Skipped = frozenset()) -> PreparedDrawing:
        """The drawing as this network gets it, without the steps that are skipped: its ink, or, for one of colour photos, the photo itself.

        Raises `DrawingError` if there is (almost) no ink.
        """
        if sketch.photo is not None and not self.is_grey:
            return prepare_photo(sketch.photo, self.style, self.image_shape, self.max_value)
        if sketch.photo is not None and ink_box(sketch.ink) is None:
            raise DrawingError(NO_INK)
        return prepare_drawing(sketch.ink, self.style, self.image_shape, self.max_value, skipped)


def build_reader(id: str, title: str, image_set: ImageSet) -> Reader:
    """The reader that a run is, from the images it learned from."""
    shape, names = image_set.image_shape, image_set.class_names
    return Reader(id, title, image_set.name, image_set.sha256, names, shape, image_set.max_value, style_for(image_set))
