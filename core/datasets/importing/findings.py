"""What the survey of a ZIP of class folders brought to light, put into words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Split
from core.datasets.importing.known_classes import known_labels
from core.datasets.importing.layout import Listing, list_names
from core.datasets.importing.naming import suggest_name, suggest_title
from core.datasets.importing.options import Colour, ImportOptions
from core.datasets.importing.pictures import UnreadablePicture
from core.datasets.importing.pixel_range import AS_BYTES, PixelRange, propose_range
from core.datasets.importing.source import SourceKind, Survey, Unreadable
from core.datasets.known_sets import KNOWN_SETS
from core.errors import DatasetError

_MAX_OWN_SIDE = 64
_GREY_SIDE, _COLOUR_SIDE = 28, 32
"""The sizes of MNIST and of CIFAR-10, suggested for pictures that are larger or of several sizes."""

_DEEP = "16-bit"


@dataclass(frozen=True)
class Look:
    """What a survey keeps of a picture. `numbers` are the smallest and largest in its file."""

    size: tuple[int, int]
    is_grey: bool
    numbers: tuple[float, float]
    traits: tuple[str, ...]


@dataclass
class Findings:
    """What has come to light so far.

    `sizes` holds the (width, height) of each picture of the listing, zeros for an unreadable one; `extents` the smallest and largest
    number in all files of 8 bits (False) and of more (True).
    """

    listing: Listing
    sizes: NDArray[np.int32]
    grey: int = 0
    traits: Counter[str] = field(default_factory=Counter)
    extents: dict[bool, tuple[float, float]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def usable(self) -> NDArray[np.intp]:
        """Positions in the listing of the pictures that can be read."""
        return np.flatnonzero(self.sizes[:, 0])

    @property
    def labels(self) -> NDArray[np.int32]:
        return np.array([picture.label for picture in self.listing.pictures], dtype=np.int32)

    @property
    def is_test(self) -> NDArray[np.bool_]:
        return np.array([picture.split == Split.TEST for picture in self.listing.pictures], dtype=np.bool_)

    def add(self, position: int, look: Look | UnreadablePicture) -> None:
        if isinstance(look, UnreadablePicture):
            self.unreadable.append(Unreadable(self.listing.pictures[position].entry.name, str(look)))
            return
        self.sizes[position] = look.size
        self.grey += look.is_grey
        self.traits.update(look.traits)
        is_deep = _DEEP in look.traits
        # A picture of a single shade shows neither black nor white.
        if is_deep or look.numbers[0] < look.numbers[1]:
            lowest, highest = self.extents.get(is_deep, look.numbers)
            self.extents[is_deep] = (min(lowest, look.numbers[0]), max(highest, look.numbers[1]))

    @property
    def pixel_range(self) -> PixelRange:
        """Which numbers are black and white; where some files have more than 8 bits, in those."""
        if not self.extents:
            return AS_BYTES
        lowest, highest = self.extents[True in self.extents]
        return propose_range(lowest, highest, is_whole=highest > 1 or highest == round(highest))

    def counts(self, *, of_test: bool) -> tuple[int, ...]:
        """Usable pictures of each class, in the training or the test half."""
        positions = self.usable[self.is_test[self.usable] == of_test]
        return tuple(np.bincount(self.labels[positions], minlength=len(self.listing.class_names)).tolist())


def summarise(findings: Findings, source_name: str) -> Survey:
    listing, usable = findings.listing, findings.usable
    training, test = findings.counts(of_test=False), findings.counts(of_test=True)
    _check_usable(findings, training, test, source_name)
    sizes = Counter(map(tuple, findings.sizes[usable].tolist())).most_common()
    is_grey = findings.grey == len(usable)
    pixel_range = findings.pixel_range
    return Survey(
        kind=SourceKind.CLASS_FOLDERS,
        source_name=source_name,
        class_names=listing.class_names,
        training_counts=training,
        test_counts=test,
        has_split=listing.has_split,
        sizes=tuple(((width, height), count) for (width, height), count in sizes),
        grey_pictures=findings.grey,
        colour_pictures=len(usable) - findings.grey,
        unreadable=tuple(findings.unreadable),
        ignored=listing.ignored,
        notes=(
            *filter(None, [pixel_range.note]),
            *listing.notes,
            *_describe_traits(findings.traits),
            *_describe_gaps(listing, training, test),
        ),
        suggestion=_suggest(source_name, listing.class_names, [size for size, _ in sizes], is_grey, pixel_range.white),
    )


def _check_usable(findings: Findings, training: Sequence[int], test: Sequence[int], source_name: str) -> None:
    listing = findings.listing
    if not len(findings.usable):
        first = findings.unreadable[0]
        raise DatasetError(
            f"{source_name}: none of {len(listing.pictures):,} pictures could be read; the first is {first.name!r}. {first.reason}"
            " Expected PNG, JPEG, GIF, BMP or WebP pictures."
        )
    missing = [name for name, count in zip(listing.class_names, training, strict=True) if not count]
    if missing:
        raise DatasetError(
            f"{source_name} has no readable training pictures of {list_names(missing)}; expected some of every class."
            " Add some, or remove those folders."
        )
    if not (any(test) if listing.has_split else max(training) > 1):
        raise DatasetError(
            f"{source_name} leaves no pictures to test a network with; expected readable ones in the test folder,"
            " or two or more of a class to draw some from."
        )


def _describe_traits(traits: Counter[str]) -> list[str]:
    sentences = {
        "transparent": "Partly see-through pictures, put on white as a page shows them: {:,}.",
        _DEEP: "Pictures with 16 bits for each pixel or more, brought down to 8 bits, 256 shades of grey: {:,}.",
        "animated": "Animated pictures, of which the first frame is taken: {:,}.",
    }
    return [sentence.format(traits[trait]) for trait, sentence in sentences.items() if traits[trait]]


def _describe_gaps(listing: Listing, training: Sequence[int], test: Sequence[int]) -> list[str]:
    if listing.has_split:
        untested = [name for name, count in zip(listing.class_names, test, strict=True) if not count]
        return [f"No test pictures, so that nobody will know how well they are told apart: {list_names(untested)}."] if untested else []
    single = [name for name, count in zip(listing.class_names, training, strict=True) if count == 1]
    return [f"Only one picture, which is learned from, so that there is none to test with: {list_names(single)}."] if single else []


def _suggest(
    source_name: str, class_names: Sequence[str], sizes: Sequence[tuple[int, int]], is_grey: bool, largest: float
) -> ImportOptions:
    name, title = suggest_name(source_name), suggest_title(source_name)
    if name in KNOWN_SETS:
        fits = known_labels(class_names, name) is not None
        name, title = (name, KNOWN_SETS[name].title) if fits else (f"my_{name}", title)
    side: int | None = _GREY_SIDE if is_grey else _COLOUR_SIDE
    if len(sizes) == 1 and max(sizes[0]) <= _MAX_OWN_SIDE:
        width, height = sizes[0]
        side = width if width == height else None
    colour = Colour.GREY if is_grey else Colour.COLOUR
    return ImportOptions(name=name, title=title, size=side, colour=colour, largest=largest)


def choose_examples(findings: Findings, count: int) -> list[int]:
    """Positions of a few usable pictures, from the classes in turn, each time of a size not chosen yet if there is one."""
    codes = findings.sizes[:, 0].astype(np.int64) << 32 | findings.sizes[:, 1]
    left, labels = findings.usable, findings.labels
    chosen: list[int] = []
    class_count = len(findings.listing.class_names)
    for turn in range(min(count, len(left))):
        of_class = left[labels[left] == turn % class_count]
        candidates = of_class if len(of_class) else left
        unseen = candidates[~np.isin(codes[candidates], codes[chosen])]
        chosen.append(int((unseen if len(unseen) else candidates)[0]))
        left = left[left != chosen[-1]]
    return chosen
