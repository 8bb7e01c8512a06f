"""What all sources of labelled pictures have in common: the survey in words, and the way from the pictures to the two halves of a set."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, build_image_set
from core.datasets.importing.checking import check_options, choose_title, target_colour, target_shape
from core.datasets.importing.contents import Contents, Watch, printable
from core.datasets.importing.known_classes import known_labels, name_classes
from core.datasets.importing.labels import list_names
from core.datasets.importing.naming import suggest_name, suggest_title
from core.datasets.importing.options import Colour, ImportOptions, Turn
from core.datasets.importing.shaping import Shaping
from core.datasets.importing.source import Example, ImportResult, ImportSource, OnProgress, ShouldStop, SourceKind, Survey
from core.datasets.importing.splitting import draw_test_set
from core.datasets.known_sets import KNOWN_SETS
from core.datasets.library import MAX_TITLE
from core.datasets.npz_files import MAX_TEXT
from core.errors import DatasetError
from core.rates import format_percent

SHUFFLE_SEED = 1
"""Of the order of the images: files are often sorted by class, and batches of one class teach little. Always the same."""

GREY_SIDE, COLOUR_SIDE = 28, 32
"""The sizes of MNIST and of CIFAR-10, suggested for pictures that are larger or of several sizes."""

_TURNED = (
    "EMNIST's files hold rows and columns exchanged, so its letters lie on their side: mirror and turn put them upright. Look at the"
    " examples, since some copies are upright already."
)


class SetSource(ImportSource):
    """Pictures with a label each, of one shape or of many. Reads them once for the survey and once for the set, so that no more of them
    is in memory than the set itself and a few.

    `labels` is the key of the choice to take the classes from; None for the likeliest. `used_tables` are the names of files beside the
    pictures that told their classes. No thread contract: one thread at a time.
    """

    kind: SourceKind
    largest_kept: int
    """Pixels on a side up to which pictures of one size are suggested to stay as they are."""

    def __init__(self, source_name: str, file_name: str) -> None:
        """`source_name` is for sentences; `file_name` is what a name for the set is made from."""
        self.source_name = printable(source_name)
        self.labels: str | None = None
        self.used_tables: set[str] = set()
        self._is_transposed = "emnist" in f"{source_name} {file_name}".lower()
        self._file_name = file_name
        self._contents: Contents | None = None

    @abstractmethod
    def scan(self, watch: Watch) -> Contents:
        """Read everything once and tell what is there. Raises `DatasetError` and `Cancelled`."""

    @abstractmethod
    def pictures(self, contents: Contents, shaping: Shaping, should_stop: ShouldStop) -> Generator[Images, None, None]:
        """All pictures in the order of `contents.classes.labels`, shaped, `uint8 (k, ...)`, at most a few megabytes at a time."""

    @abstractmethod
    def look(self, contents: Contents, shaping: Shaping, count: int) -> Iterator[Example]:
        """A few pictures from as many classes as possible."""

    def survey(self, on_progress: OnProgress, should_stop: ShouldStop, *, part: str | None = None, labels: str | None = None) -> Survey:
        """See `ImportSource`."""
        self.labels = labels
        self._contents = contents = self.scan(Watch(self.source_name, 0, on_progress, should_stop))
        # A source may know what was meant by another name for it.
        if self.labels not in (None, contents.choice):
            ways = ", ".join(choice.key for choice in contents.choices) or "none, since there is only one way"
            raise DatasetError(f"{self.source_name}: the classes can't be taken from {labels!r}; expected {ways}.")
        return self._describe(contents)

    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        """See `ImportSource`."""
        check_options(survey, options)
        contents = self._surveyed()
        name_classes(contents.classes, options.name, self.source_name)
        return tuple(self.look(contents, self._shaping(survey, contents, options), count))

    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        """See `ImportSource`. In the order of the files where these are split and not sorted, otherwise shuffled."""
        if options.labels not in (None, self.labels, self._surveyed().choice):
            survey = self.survey(lambda done, total: None, should_stop, labels=options.labels)
        check_options(survey, options)
        contents = self._surveyed()
        _check_classes(contents, options, self.source_name)
        classes = name_classes(contents.classes, options.name, self.source_name)
        is_test = contents.is_test
        if is_test is None:
            is_test = draw_test_set(classes.labels, options.test_share, options.seed)
        if not is_test.any():
            raise DatasetError(
                f"{self.source_name} has one picture of each class, so none is left to test with; expected two or more of a class."
            )
        halves = [np.flatnonzero(~is_test), np.flatnonzero(is_test)]
        if not contents.is_in_order:
            halves = [rows[np.random.default_rng(SHUFFLE_SEED).permutation(len(rows))] for rows in halves]
        order = np.concatenate(halves)
        shaping = self._shaping(survey, contents, options)
        pixels = np.empty((len(order), *target_shape(survey, options)), dtype=np.uint8)
        self._fill(pixels, np.argsort(order), contents, shaping, Watch(self.source_name, len(order), on_progress, should_stop))
        training = len(halves[0])
        image_set = build_image_set(
            name=options.name,
            title=choose_title(options),
            x_train=pixels[:training],
            y_train=classes.labels[halves[0]],
            x_test=pixels[training:],
            y_test=classes.labels[halves[1]],
            class_names=classes.class_names,
            max_value=contents.max_value or 255 if shaping.is_kept else 255,
            origin=self._origin(contents, options),
        )
        return ImportResult(image_set, survey.unreadable, survey.ignored)

    def _fill(self, pixels: Images, places: NDArray[np.intp], contents: Contents, shaping: Shaping, watch: Watch) -> None:
        row = 0
        watch.advance(0)
        with closing(self.pictures(contents, shaping, watch.should_stop)) as batches:
            for batch in batches:
                if row + len(batch) > len(places) or batch.shape[1:] != pixels.shape[1:]:
                    raise self.changed()
                pixels[places[row : row + len(batch)]] = batch
                row += len(batch)
                watch.advance(len(batch))
        if row != len(places):
            raise self.changed()

    def changed(self, what: str = "a file") -> DatasetError:
        """For a file that is not what it was when it was looked through."""
        return DatasetError(f"{self.source_name}: {what} changed while it was read, and is not what it was before. Bring it again.")

    def _surveyed(self) -> Contents:
        if self._contents is None:
            raise DatasetError(f"{self.source_name} has not been looked through yet. Do that first.")
        return self._contents

    def _shaping(self, survey: Survey, contents: Contents, options: ImportOptions) -> Shaping:
        turn, mirror = self._upright(options)
        size, colour, white = options.size, target_colour(survey, options), contents.pixel_range.white
        is_same = size in (None, contents.side) and (colour == Colour.GREY) == (contents.grey == contents.count)
        is_kept = is_same and contents.max_value == white == (options.largest or white)
        return Shaping(size, options.fit, colour, turn, mirror, contents.pixel_range.with_largest(options.largest), is_kept)

    def _upright(self, options: ImportOptions) -> tuple[Turn, bool]:
        """How to turn the pictures: as asked for or, where nothing is asked for, as the files' name suggests."""
        turn = options.turn if options.turn is not None else Turn.LEFT if self._is_transposed else Turn.NONE
        return turn, options.mirror if options.mirror is not None else self._is_transposed

    def _describe(self, contents: Contents) -> Survey:
        names, labels = contents.classes.class_names, contents.classes.labels
        is_test = contents.is_test if contents.is_test is not None else np.zeros(contents.count, dtype=np.bool_)
        training, test = (np.bincount(labels[half], minlength=len(names)) for half in (~is_test, is_test))
        return Survey(
            kind=self.kind,
            source_name=self.source_name,
            class_names=names,
            training_counts=tuple(training.tolist()),
            test_counts=tuple(test.tolist()),
            has_split=contents.is_test is not None,
            sizes=contents.sizes,
            grey_pictures=contents.grey,
            colour_pictures=contents.count - contents.grey,
            unreadable=contents.unreadable,
            left_out=contents.left_out,
            notes=(*contents.notes, *([_TURNED] if self._is_transposed else []), *_describe_gaps(contents, training, test)),
            suggestion=self._suggest(contents),
            label_choices=contents.choices,
            must_choose=contents.must_choose,
        )

    def _suggest(self, contents: Contents) -> ImportOptions:
        name, title = suggest_name(self._file_name), contents.title or suggest_title(self._file_name)
        if name in KNOWN_SETS:
            fits = known_labels(contents.classes.class_names, name) is not None
            name, title = (name, KNOWN_SETS[name].title) if fits else (f"my_{name}", title)
        is_grey = contents.grey == contents.count
        is_fine = len(contents.sizes) == 1 and max(contents.sizes[0][0]) <= self.largest_kept
        side = contents.side if self.kind == SourceKind.CLASS_FOLDERS else None
        turn, mirror = self._upright(ImportOptions(name=name))
        return ImportOptions(
            name=name,
            title=title if len(title) <= MAX_TITLE else suggest_title(self._file_name),
            size=side if is_fine else GREY_SIDE if is_grey else COLOUR_SIDE,
            colour=Colour.GREY if is_grey else Colour.COLOUR,
            largest=contents.pixel_range.white,
            turn=turn,
            mirror=mirror,
            labels=contents.choice,
        )

    def _origin(self, contents: Contents, options: ImportOptions) -> str:
        known = KNOWN_SETS.get(options.name)
        makers = known.origin if known else contents.origin
        share = f"{format_percent(options.test_share, 0)} of each class, drawn with seed {options.seed}, are the test set"
        ours = f"Imported from {self.source_name}, {'split as it came' if contents.is_test is not None else share}."
        whole = f"{makers} {ours}" if makers else ours
        return whole if len(whole) <= MAX_TEXT else ours


def _check_classes(contents: Contents, options: ImportOptions, source_name: str) -> None:
    """Raises `DatasetError` if nobody has said what the pictures show, or they all show the same."""
    if contents.must_choose and options.labels is None:
        ways = ", ".join(f"{choice.key!r} ({choice.title})" for choice in contents.choices)
        raise DatasetError(f"{source_name}: {contents.must_choose} Say what to take their classes from: --labels with one of {ways}.")
    if len(contents.classes.class_names) == 1:
        raise DatasetError(
            f"{source_name} holds one class, {contents.classes.class_names[0]!r}; a network needs two or more to tell apart."
            " Bring the files of the other classes together with it."
        )


def _describe_gaps(contents: Contents, training: NDArray[np.intp], test: NDArray[np.intp]) -> list[str]:
    names = np.array(contents.classes.class_names, dtype=object)
    if len(names) == 1:
        return [
            f"All pictures are of one class, {names[0]!r}: a network needs two or more to tell apart. Add the files of the other classes."
        ]
    told = {
        "There are no training pictures of {}: no network can learn what they look like.": training == 0,
        "No test pictures, so that nobody will know how well they are told apart: {}.": (test == 0) & (contents.is_test is not None),
        "Only one picture, which is learned from, so that there is none to test with: {}.": (training == 1) & (contents.is_test is None),
    }
    return [sentence.format(list_names(names[found].tolist())) for sentence, found in told.items() if found.any()]
