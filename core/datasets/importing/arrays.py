"""What files that hold pixels as numbers have in common: pictures of one shape, one after the other, with a label each.

They are read in chunks, twice: once to find out everything about them, once to put them into the set.
So no more of them is in memory than the set itself and one chunk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.checking import check_options, choose_title
from core.datasets.importing.contents import Contents, Watch, printable
from core.datasets.importing.halves import Halves, build_example
from core.datasets.importing.naming import suggest_name, suggest_title
from core.datasets.importing.options import Colour, ImportOptions
from core.datasets.importing.pixel_range import MOST_UNFIT, PixelRange, find_unfit, propose_for
from core.datasets.importing.source import Example, ImportResult, OnProgress, ShouldStop, SourceKind, Survey, Unreadable
from core.datasets.importing.splitting import draw_test_set
from core.datasets.known_sets import KNOWN_SETS
from core.datasets.library import MAX_TITLE
from core.datasets.npz_files import MAX_TEXT
from core.errors import DatasetError
from core.settings import MAX_SIDE

LARGE_SIZE = 64
"""What pictures too large for a set are suggested to become."""

MOST_LISTED = 100
"""Pictures that can't be used and are told one by one; more are only counted."""

_CHUNK_BYTES = 1 << 21


class ArraySource(ABC):
    """An `ImportSource` of pictures that all have one shape. Reads the files once for the survey and once for the set.

    No thread contract: one thread at a time.
    """

    kind: SourceKind

    def __init__(self, source_name: str, file_name: str) -> None:
        """`source_name` is for sentences; `file_name` is what a name for the set is made from."""
        self.source_name = printable(source_name)
        self._file_name = file_name
        self._contents: Contents | None = None
        self._unfit = np.empty(0, dtype=np.bool_)

    @abstractmethod
    def scan(self, watch: Watch) -> Contents:
        """Read everything once and tell what is there. Raises `DatasetError` and `Cancelled`."""

    @abstractmethod
    def chunks(self) -> Generator[NDArray[np.generic], None, None]:
        """All pictures in the order in which `scan` found them, numbers `(k, *image_shape)`, a few megabytes at a time."""

    def name_picture(self, row: int) -> str:
        """What to call the picture of this row, from 0, in a list of those that are left out."""
        return f"image {row + 1:,}"

    def survey(self, on_progress: OnProgress, should_stop: ShouldStop) -> Survey:
        """Look at everything once. Raises `DatasetError` and `Cancelled`."""
        self._contents = self._settle(self.scan(Watch(self.source_name, 0, on_progress, should_stop)))
        return self._describe(self._contents)

    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        """A few pictures before and after, from as many classes as possible."""
        contents = self._known_contents()
        labels = contents.classes.labels
        seen: dict[int, int] = {}
        turns = []
        for picture in sorted(contents.kept, key=lambda kept: kept.row):
            label = int(labels[picture.row])
            turns.append((seen.get(label, 0), label, picture))
            seen[label] = seen.get(label, 0) + 1
        chosen = sorted(turns, key=lambda turn: turn[:2])[:count]
        return tuple(build_example(picture, contents, options) for _, _, picture in chosen)

    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        """The image set: in the order of the file where that has a split, otherwise split by `draw_test_set` and shuffled.

        Raises `DatasetError` and `Cancelled`.
        """
        check_options(survey, options)
        contents = self._known_contents()
        class_names = _name_classes(options.name, contents.classes.class_names, self.source_name)
        is_test = contents.is_test
        if is_test is None:
            is_test = draw_test_set(contents.classes.labels, options.test_share, options.seed)
            if not is_test.any():
                raise DatasetError(
                    f"{self.source_name} has one picture of each class, so none is left to test with; expected two or more of a class."
                )
        halves = Halves(contents, options, is_test, self.source_name)
        watch = Watch(self.source_name, contents.count, on_progress, should_stop)
        watch.advance(0)
        row = 0
        with closing(self.chunks()) as chunks:
            for chunk in chunks:
                fit = ~self._unfit[row : row + len(chunk)]
                row += len(chunk)
                # What the file has grown by since is for `halves` to notice.
                halves.add(chunk if len(fit) < len(chunk) else chunk[fit], watch)
        image_set = halves.build(
            name=options.name, title=choose_title(options), class_names=class_names, origin=self._origin(contents, options)
        )
        return ImportResult(image_set, contents.unreadable, contents.ignored)

    def rows_at_once(self, row_bytes: int) -> int:
        """How many pictures of that many bytes make a chunk."""
        return max(1, _CHUNK_BYTES // max(1, row_bytes))

    def _known_contents(self) -> Contents:
        if self._contents is None:
            self.survey(lambda done, total: None, lambda: False)
        if self._contents is None:
            raise RuntimeError("A survey ends with contents or an error.")
        return self._contents

    def _settle(self, contents: Contents) -> Contents:
        """Leave out the pictures whose numbers can't be pixels, and tell what those of the others mean."""
        unfit = self._unfit = find_unfit(contents.extents)
        if unfit.mean() > MOST_UNFIT:
            raise DatasetError(
                f"{self.source_name}: {unfit.sum():,} of {len(unfit):,} pictures hold numbers that are infinite or missing (nan);"
                f" expected at most one in {round(1 / MOST_UNFIT)}. Replace them, or leave those pictures out."
            )
        pixel_range = _stated_range(contents, unfit, self.source_name) or propose_for(contents.extents)
        rows = np.flatnonzero(unfit)
        listed = [Unreadable(self.name_picture(row), contents.extents.describe_unfit(row)) for row in rows[:MOST_LISTED].tolist()]
        more = (
            [f"Pictures left out for their numbers: {len(rows):,}; the first {MOST_LISTED} are listed."] if len(rows) > MOST_LISTED else []
        )
        place = np.cumsum(~unfit) - 1
        return replace(
            contents,
            classes=replace(contents.classes, labels=contents.classes.labels[~unfit]),
            is_test=None if contents.is_test is None else contents.is_test[~unfit],
            kept=tuple(replace(kept, row=int(place[kept.row])) for kept in contents.kept if not unfit[kept.row]),
            pixel_range=pixel_range,
            notes=(*filter(None, [pixel_range.note]), *contents.notes, *more),
            unreadable=(*contents.unreadable, *listed),
        )

    def _describe(self, contents: Contents) -> Survey:
        labels, classes = contents.classes.labels, len(contents.classes.class_names)
        is_test = contents.is_test if contents.is_test is not None else np.zeros(contents.count, dtype=np.bool_)
        height, width = contents.image_shape[:2]
        is_grey = contents.colour == Colour.GREY
        training_counts = np.bincount(labels[~is_test], minlength=classes)
        return Survey(
            kind=self.kind,
            source_name=self.source_name,
            class_names=contents.classes.class_names,
            training_counts=tuple(training_counts.tolist()),
            test_counts=tuple(np.bincount(labels[is_test], minlength=classes).tolist()),
            has_split=contents.is_test is not None,
            sizes=(((width, height), contents.count),),
            grey_pictures=contents.count if is_grey else 0,
            colour_pictures=0 if is_grey else contents.count,
            unreadable=contents.unreadable,
            ignored=contents.ignored,
            notes=(*contents.notes, *contents.classes.notes, *_notes(contents, training_counts)),
            suggestion=self._suggest(contents),
        )

    def _suggest(self, contents: Contents) -> ImportOptions:
        name, title = suggest_name(self._file_name), contents.title or suggest_title(self._file_name)
        if name in KNOWN_SETS:
            fits = _known_names(name, contents.classes.class_names) is not None
            name, title = (name, KNOWN_SETS[name].title) if fits else (f"my_{name}", title)
        return ImportOptions(
            name=name,
            title=title if len(title) <= MAX_TITLE else suggest_title(self._file_name),
            size=LARGE_SIZE if max(contents.image_shape[:2]) > MAX_SIDE else None,
            colour=contents.colour,
            largest=contents.pixel_range.white,
        )

    def _origin(self, contents: Contents, options: ImportOptions) -> str:
        known = KNOWN_SETS.get(options.name)
        makers = known.origin if known else contents.origin
        split = f"{options.test_share:.0%} of each class, drawn with seed {options.seed}, is the test set"
        ours = f"Imported from {self.source_name}, {'split as it came' if contents.is_test is not None else split}."
        whole = f"{makers} {ours}" if makers else ours
        return whole if len(whole) <= MAX_TEXT else ours


def _name_classes(name: str, class_names: tuple[str, ...], source_name: str) -> tuple[str, ...]:
    """The names to use for the classes of a set of this name. Raises `DatasetError` if it is that of another set."""
    if name not in KNOWN_SETS:
        return class_names
    known = _known_names(name, class_names)
    if known is None:
        raise DatasetError(
            f"{source_name} can't become {name!r}: its classes are {', '.join(class_names[:12])}; expected"
            f" {', '.join(KNOWN_SETS[name].class_names)}. Choose another name for a set of your own."
        )
    return known


def _known_names(name: str, class_names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The known set's names, if the classes have these or bare numbers; None if they are others."""
    known = KNOWN_SETS[name].class_names
    return known if class_names in (known, tuple(str(label) for label in range(len(known)))) else None


def _notes(contents: Contents, training_counts: NDArray[np.intp]) -> list[str]:
    notes = []
    unlearned = [contents.classes.class_names[label] for label in np.flatnonzero(training_counts == 0)]
    if unlearned:
        notes.append(f"There are no training pictures of {', '.join(unlearned[:12])}: no network can learn what they look like.")
    return notes


def _stated_range(contents: Contents, unfit: NDArray[np.bool_], source_name: str) -> PixelRange | None:
    """The range by the `max_value` that a file states; None if it states none, or its numbers are fractions."""
    if contents.max_value is None or not contents.extents.is_whole:
        return None
    highest = contents.extents.highest[~unfit].max()
    if highest > contents.max_value:
        raise DatasetError(
            f"{source_name}: a pixel is {highest:g}; expected at most {contents.max_value}, the max_value that the file states."
        )
    note = f"Pixels run from 0 to {contents.max_value}, as the file states, and stay so unless the size or colour is changed."
    return PixelRange(0, contents.max_value, note if contents.max_value != 255 else None)
