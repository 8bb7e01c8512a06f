"""Whole downloads, as competitions, laboratories and teaching tools pack them, and what is made of each.

Every file is made here; what it is modelled on is in the name of the example.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.importing.detect import open_source
from core.datasets.importing.options import Turn
from core.datasets.importing.source import SourceKind
from core.errors import DatasetError
from tests.unit.datasets.array_sources import import_files, never, quiet, write_files
from tests.unit.datasets.test_detect import zipped
from tests.unit.datasets.test_idx import idx

Files = dict[str, bytes]
IMAGES = np.random.default_rng(3).integers(0, 256, (40, 8, 8), dtype=np.uint8)
LABELS = (np.arange(40) % 4).astype(np.uint8)
TWO_HALVES = {str(label): (10, 10) for label in range(4)}
WHOLE = {str(label): (10, 0) for label in range(4)}
CAT_DOG = {"cat": (4, 0), "dog": (4, 0)}


def picture(number: int, form: str = "PNG") -> bytes:
    pixels = np.zeros((12, 12), np.uint8)
    pixels[2:10, 3 : 5 + number % 6] = 255
    pixels[0, number % 12] = 99
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def pictures(*names: str, form: str = "PNG") -> Files:
    return {name: picture(number, form) for number, name in enumerate(names)}


def classes(folder: str = "", count: int = 4, suffix: str = "png", form: str = "PNG") -> Files:
    return pictures(*(f"{folder}{name}/{n}.{suffix}" for name in ("cat", "dog") for n in range(count)), form=form)


def table(header: str, *lines: str) -> bytes:
    return "\n".join([header, *lines]).encode()


def pixels(with_labels: bool = True) -> bytes:
    rows = [",".join(map(str, image.reshape(-1))) for image in IMAGES]
    names = ",".join(f"pixel{place}" for place in range(64))
    if not with_labels:
        return table(names, *rows)
    return table(f"label,{names}", *(f"{label},{row}" for label, row in zip(LABELS, rows, strict=True)))


def array(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def arrays(**values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **values)
    return file.getvalue()


def four(pattern: str = "{0}-{1}") -> Files:
    """The four files of a set in IDX."""
    contents = {"images-idx3-ubyte": idx(IMAGES), "labels-idx1-ubyte": idx(LABELS)}
    return {pattern.format(half, name): data for half in ("train", "t10k") for name, data in contents.items()}


@dataclass(frozen=True)
class Download:
    """What is brought, and what should come of it: training and test images of each class, what is left out, and the parts."""

    files: Files
    counts: dict[str, tuple[int, int]]
    kind: SourceKind = SourceKind.CLASS_FOLDERS
    left_out: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    labels: str | None = None
    note: str = ""
    turned: bool = False
    changed: dict[str, str] = field(default_factory=dict)


CAT_DOG_NAMES = [f"{name}.{n}.jpg" for name in ("cat", "dog") for n in range(4)]
SUBMISSION = table("id,label", "1,0", "2,0")
DOWNLOADS = {
    "a competition of digits": Download(
        {"digits.zip": zipped({"train.csv": pixels(), "test.csv": pixels(False), "sample_submission.csv": SUBMISSION})},
        WHOLE,
        SourceKind.CSV,
        left_out=("sample_submission.csv", "test.csv"),
    ),
    "its two tables by themselves": Download({"train.csv": pixels(), "test.csv": pixels(False)}, WHOLE, SourceKind.CSV, ("test.csv",)),
    "its tables, gzipped": Download(
        {"digits.zip": zipped({"train.csv.gz": gzip.compress(pixels()), "test.csv.gz": gzip.compress(pixels())})},
        TWO_HALVES,
        SourceKind.CSV,
    ),
    "a competition of cats and dogs": Download(
        {
            "cats.zip": zipped(
                {
                    "train.zip": zipped(pictures(*(f"train/{name}" for name in CAT_DOG_NAMES), form="JPEG")),
                    "test1.zip": zipped(pictures("test1/1.jpg", "test1/2.jpg", form="JPEG")),
                    "sampleSubmission.csv": SUBMISSION,
                }
            )
        },
        CAT_DOG,
        left_out=("Pictures in test1/test1", "sampleSubmission.csv"),
        labels="names",
    ),
    "a competition with a table of labels": Download(
        {
            "cactus.zip": zipped(
                pictures(*(f"train/{n}abc.jpg" for n in range(8)), "test/x.jpg", form="JPEG")
                | {"train.csv": table("id,has_cactus", *(f"{n}abc.jpg,{n % 2}" for n in range(8)))}
            )
        },
        {"0": (4, 0), "1": (4, 0)},
        left_out=("Pictures in test",),
        labels="train.csv:has_cactus",
    ),
    "pictures in parts, with a table of what is known of each": Download(
        {
            "skin.zip": zipped(
                pictures(*(f"HAM10000_images_part_{1 + n // 4}/ISIC_{n:07}.jpg" for n in range(8)), form="JPEG")
                | {"HAM_metadata.csv": table("lesion_id,image_id,dx", *(f"L{n},ISIC_{n:07},{['nv', 'mel'][n % 2]}" for n in range(8)))}
            )
        },
        {"mel": (4, 0), "nv": (4, 0)},
        labels="HAM_metadata.csv:dx",
    ),
    "a one in the column of the class": Download(
        {
            "skin.zip": zipped(
                pictures(*(f"img/{n}.png" for n in range(8)))
                | {"truth.csv": table("image,MEL,NV", *(f"{n},{(n + 1) % 2}.0,{n % 2}.0" for n in range(8)))}
            )
        },
        {"MEL": (4, 0), "NV": (4, 0)},
        labels="truth.csv:one-hot",
    ),
    "road signs, with labels of the test pictures in a table": Download(
        {
            "signs.zip": zipped(
                pictures(*(f"Train/{label}/{n}.png" for label in range(2) for n in range(4)), *(f"Test/{n:05}.png" for n in range(4)))
                | {"Test.csv": table("Width,Path,ClassId", *(f"30,Test/{n:05}.png,{n % 2}" for n in range(4)))}
                | pictures("Meta/0.png", "Meta/1.png")
            )
        },
        {"0": (4, 2), "1": (4, 2)},
        left_out=("Pictures in Meta",),
        note="taken from column ClassId of Test.csv",
    ),
    "scenes, with pictures to predict": Download(
        {"scenes.zip": zipped(classes("seg_train/seg_train/") | classes("seg_test/seg_test/", 2) | pictures("seg_pred/seg_pred/1.png"))},
        {"cat": (4, 2), "dog": (4, 2)},
        left_out=("Pictures in seg_pred/seg_pred",),
    ),
    "lungs, packed twice": Download(
        {"lungs.zip": zipped(classes("chest/train/") | classes("chest/chest/train/") | classes("chest/test/", 2))},
        {"cat": (4, 2), "dog": (4, 2)},
        left_out=("Pictures that lie there twice",),
    ),
    "one set in two forms": Download(
        {"fashion.zip": zipped({**four(), "fashion-mnist_train.csv": pixels(), "fashion-mnist_test.csv": pixels()})},
        TWO_HALVES,
        SourceKind.IDX,
        left_out=("The table fashion-mnist_train.csv and fashion-mnist_test.csv",),
        parts=("idx", "table"),
    ),
    "the same set in two forms, the other one asked for": Download(
        {"fashion.zip": zipped({**four(), "fashion-mnist_train.csv": pixels(), "fashion-mnist_test.csv": pixels()})},
        TWO_HALVES,
        SourceKind.CSV,
        left_out=("IDX files",),
        parts=("idx", "table"),
        changed={"part": "table"},
    ),
    "IDX files twice": Download(
        {"mnist.zip": zipped({**four(), **four("{0}-{1}/{0}-{1}")})},
        TWO_HALVES,
        SourceKind.IDX,
        left_out=tuple(f"{name}/{name}" for name in four()),
    ),
    "IDX files, gzipped and not": Download(
        {"mnist.zip": zipped({**four(), **{f"{name}.gz": gzip.compress(data) for name, data in four().items()}})},
        TWO_HALVES,
        SourceKind.IDX,
        left_out=tuple(f"{name}.gz" for name in four()),
    ),
    "all of EMNIST": Download(
        {
            "gzip.zip": zipped(
                {f"gzip/emnist-{part}-{name}.gz": gzip.compress(data) for part in ("letters", "digits") for name, data in four().items()}
                | {"gzip/emnist-letters-mapping.txt": b"1 65 97\n2 66 98\n"}
            )
        },
        TWO_HALVES,
        SourceKind.IDX,
        left_out=("IDX files letters", "gzip/emnist-letters-mapping.txt"),
        parts=("idx:digits", "idx:letters"),
        note="rows and columns exchanged",
        turned=True,
    ),
    "tables of EMNIST": Download(
        {"emnist-letters-train.csv": pixels(), "emnist-letters-test.csv": pixels()}, TWO_HALVES, SourceKind.CSV, turned=True
    ),
    "images and labels in an .npz file each": Download(
        {"train-imgs.npz": arrays(arr_0=IMAGES), "train-labels.npz": arrays(arr_0=LABELS)}, WHOLE, SourceKind.NPZ
    ),
    "images and labels in an .npz file each, under names": Download(
        {"data1.npz": arrays(images=IMAGES), "data2.npz": arrays(labels=LABELS)}, WHOLE, SourceKind.NPZ
    ),
    "four .npz files": Download(
        {
            f"kmnist-{half}-{what}.npz": arrays(arr_0=values)
            for half in ("train", "test")
            for what, values in (("imgs", IMAGES), ("labels", LABELS))
        },
        TWO_HALVES,
        SourceKind.NPZ,
    ),
    "four .npy files": Download(
        {f"{what}_{half}.npy": array(values) for half in ("train", "test") for what, values in (("X", IMAGES), ("y", LABELS))},
        TWO_HALVES,
        SourceKind.NPZ,
    ),
    "arrays without names": Download({"set.npz": arrays(arr_0=LABELS, arr_1=IMAGES)}, WHOLE, SourceKind.NPZ),
    "drawings in an array for each class": Download(
        {f"full_numpy_bitmap_{name}.npy": array(IMAGES.reshape(40, 64)) for name in ("cat", "ice cream")},
        {"cat": (40, 0), "ice cream": (40, 0)},
        SourceKind.NPZ,
        note="each array is a class of its own",
    ),
    "a project of a teaching tool": Download(
        {"project.tm": zipped({**pictures(*(f"{name}-!-{n}.png" for name in ("cat", "dog") for n in range(4))), "manifest.json": b"{}"})},
        CAT_DOG,
        left_out=("manifest.json",),
        labels="names",
    ),
    "a project of a teaching tool beside a ZIP of another class": Download(
        {
            "project.tm": zipped({**pictures(*(f"{name}-!-{n}.png" for name in ("cat", "dog") for n in range(4))), "manifest.json": b"{}"}),
            "bird-samples.zip": zipped(pictures(*(f"{n}.png" for n in range(4)))),
        },
        {"bird": (4, 0), **CAT_DOG},
        left_out=("project/manifest.json",),
        labels="folders",
    ),
    "pictures of EMNIST": Download(
        {"archive.zip": zipped({f"emnist_png/{name}": data for name, data in classes().items()})}, CAT_DOG, turned=True
    ),
    "its samples, a ZIP for each class": Download(
        {f"{name}-samples.zip": zipped(pictures(*(f"{n}.png" for n in range(4)))) for name in ("cat", "dog")}, CAT_DOG
    ),
    "training and test in a ZIP each": Download(
        {"train.zip": zipped(classes()), "test.zip": zipped(classes(count=2))}, {"cat": (4, 2), "dog": (4, 2)}
    ),
    "an unpacked folder": Download({f"pets/{name}": data for name, data in (classes() | {".DS_Store": b"\0"}).items()}, CAT_DOG),
    "a folder packed on Windows": Download(
        {"pets.zip": zipped({**{f"pets\\{name}".replace("/", "\\"): data for name, data in classes().items()}, "pets\\Thumbs.db": b"x"})},
        CAT_DOG,
    ),
    "a folder packed on a Mac": Download({"pets.zip": zipped({**classes(), "__MACOSX/cat/._0.png": b"x", "cat/.DS_Store": b"x"})}, CAT_DOG),
    "loose pictures": Download(pictures(*CAT_DOG_NAMES), CAT_DOG, labels="names"),
    "scans": Download({"scans.zip": zipped(classes(suffix="TIF", form="TIFF"))}, CAT_DOG),
    "faces": Download({"faces.zip": zipped(classes(suffix="pgm", form="PPM"))}, CAT_DOG),
    "photos of which some are of a kind that is not read": Download(
        {"photos.zip": zipped({**classes(), "cat/9.HEIC": b"\0\0\0\x18ftypheic"})}, CAT_DOG, left_out=(".heic files",)
    ),
    "tables that pictures illustrate": Download(
        {"signs.zip": zipped({"sign_train.csv": pixels(), "sign_test.csv": pixels(), **pictures("signs.png", "american.PNG")})},
        TWO_HALVES,
        SourceKind.CSV,
        left_out=("The pictures",),
        parts=("table", "pictures"),
    ),
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_is_imported_as_it_comes(tmp_path: Path, name: str) -> None:
    download = DOWNLOADS[name]
    source = open_source(write_files(tmp_path, download.files))
    survey = source.survey(quiet, never, **download.changed)
    counts = dict(zip(survey.class_names, zip(survey.training_counts, survey.test_counts, strict=True), strict=True))
    assert (survey.kind, counts) == (download.kind, download.counts)
    assert sorted(item.what for item in survey.left_out) == sorted(download.left_out)
    assert tuple(part.key for part in survey.parts) == download.parts
    assert download.note in " ".join(survey.notes)
    if download.kind == SourceKind.CLASS_FOLDERS:
        assert survey.suggestion.labels == download.labels
    assert (survey.suggestion.turn, survey.suggestion.mirror) == ((Turn.LEFT, True) if download.turned else (Turn.NONE, False))
    image_set = source.read(survey, survey.suggestion.model_copy(update={"name": "mine"}), quiet, never).image_set
    assert image_set.class_names == tuple(download.counts)
    if download.kind != SourceKind.CLASS_FOLDERS and survey.has_split:
        np.testing.assert_array_equal(image_set.x_train[0], IMAGES[0].T if download.turned else IMAGES[0])


def test_a_note_that_can_not_be_read_as_a_table_stops_nothing(tmp_path: Path) -> None:
    notes = {"README.txt": b"a, b " * 300_000, "labels.txt": b"\xff\xfe\x00", "list.csv": b"x,y\n" + b"1," * 400_000}
    survey, _ = import_files(tmp_path, {"pets.zip": zipped({**classes(), **notes})})
    assert (survey.class_names, len(survey.left_out)) == (("cat", "dog"), 3)


def test_the_directory_of_an_archive_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_files(tmp_path, {"pets.zip": zipped({**classes(), **{f"note{n}.txt": b"hello" for n in range(30)}})})
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, file: object) -> None:
            opened.append(file)
            super().__init__(file)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    open_source(files).survey(quiet, never)
    assert len(opened) == 1


ADVICE = {
    "table.xlsx": (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "an Excel workbook.*save the table as CSV"),
    "table.ods": (zipped({"mimetype": b"", "content.xml": b""}), "an OpenDocument file.*save the table as CSV"),
    "essay.docx": (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "a Word document"),
    "old.xls": (b"\xd0\xcf\x11\xe0", "an old Office document.*save the table as CSV"),
    "emnist.mat": (b"MATLAB 5.0 MAT-file", "a MATLAB file.*scipy.io.loadmat"),
    "happy.h5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file.*numpy.savez"),
    "train.parquet": (b"PAR1", "a Parquet file.*pandas.read_parquet"),
    "photo.heic": (b"\0\0\0\x18ftypheic", "a HEIC photo.*JPEG"),
    "photo": (b"\0\0\0\x18ftypmif1", "a HEIC photo.*JPEG"),
    "photo.avif": (b"\0\0\0\x18ftypavif", "an AVIF picture.*PNG"),
    "film.mp4": (b"\0\0\0\x18ftypisom", "a film.*frames"),
    "photo.dng": (b"II*\0 and so on", "a camera's raw photo.*JPEG"),
    "logo.svg": (b"<?xml version='1.0'?><svg>", "an SVG drawing.*PNG"),
    "layers.psd": (b"8BPS", "a Photoshop document.*PNG"),
    "batch.pkl": (b"\x80\x04", "a Python pickle"),
    "network.keras": (zipped({"model.weights.h5": b"", "config.json": b"{}"}), "a (saved Keras|trained) network"),
    "pictures.7z": (b"7z\xbc\xaf\x27\x1c", "a 7z archive.*unpack it"),
}


@pytest.mark.parametrize("name", ADVICE)
@pytest.mark.parametrize("packed", [False, True], ids=["alone", "in a ZIP"])
def test_a_kind_that_is_not_read_is_named_with_what_to_do(tmp_path: Path, name: str, packed: bool) -> None:
    content, message = ADVICE[name]
    files = {"brought.zip": zipped({"folder/notes.txt": b"hello", f"folder/{name}": content})} if packed else {name: content}
    with pytest.raises(DatasetError, match=message):
        open_source(write_files(tmp_path, files))


@pytest.mark.parametrize(("colour", "ground"), [((255, 255, 255), 0), ((230, 225, 215), 0), ((0, 0, 0), 255), ((255, 200, 0), 255)])
def test_ink_on_a_see_through_ground_can_be_seen(tmp_path: Path, colour: tuple[int, int, int], ground: int) -> None:
    def draw(number: int) -> bytes:
        ink = np.zeros((12, 12, 4), np.uint8)
        ink[2:10, 3 : 5 + number] = (*colour, 255)
        file = io.BytesIO()
        Image.fromarray(ink).save(file, "PNG")
        return file.getvalue()

    _, result = import_files(tmp_path, {"ink.zip": zipped({f"{name}/{n}.png": draw(n) for name in "ab" for n in range(4)})})
    assert (result.image_set.x_train[:, 0, 0] == ground).all() and (result.image_set.x_train[:, 5, 3] != ground).any(axis=-1).all()


@pytest.mark.parametrize(
    ("turn", "mirror", "expected"),
    [
        (Turn.NONE, False, lambda image: image),
        (Turn.NONE, True, np.fliplr),
        (Turn.LEFT, False, np.rot90),
        (Turn.HALF, False, lambda image: np.rot90(image, 2)),
        (Turn.RIGHT, False, lambda image: np.rot90(image, 3)),
        (Turn.LEFT, True, np.transpose),
    ],
)
def test_pictures_on_their_side_are_turned_as_asked(
    tmp_path: Path, turn: Turn, mirror: bool, expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    wide = np.random.default_rng(1).integers(0, 256, (8, 4, 6), dtype=np.uint8)
    wide[:, 0, 0], wide[:, 0, 1] = 255, 0
    as_array = {"set.npz": arrays(x=wide, y=np.arange(8) % 2)}
    as_files = {}
    for number, image in enumerate(wide):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        as_files[f"{number % 2}/{number}.png"] = file.getvalue()
    wanted = {expected(image).tobytes() for image in wide}
    for number, files in enumerate((as_array, {"set.zip": zipped(as_files)})):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, result = import_files(folder, files, turn=turn, mirror=mirror, size=None)
        image_set = result.image_set
        assert {image.tobytes() for image in (*image_set.x_train, *image_set.x_test)} == wanted
