"""A ZIP of class folders: what is found in it, what is said of it, and the set that it becomes."""

from __future__ import annotations

import io
import stat
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.datasets.importing.detect import open_source
from core.datasets.importing.options import Colour, Fit, ImportOptions
from core.datasets.importing.source import ImportResult, ImportSource, SourceFile, Survey
from core.errors import Cancelled, DatasetError, InklingError
from core.settings import MAX_SIDE
from tests.unit.datasets.archives import loose_members, noise, picture, split_members, write_zip

REAL_ZIP = Path(__file__).parents[4] / "shared" / "datasets" / "cifar10.zip"


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def never() -> bool:
    return False


def source_of(tmp_path: Path, members: dict[str, bytes], file_name: str = "pictures.zip") -> ImportSource:
    return open_source([SourceFile(write_zip(tmp_path / "upload", members), file_name)])


def survey(tmp_path: Path, members: dict[str, bytes], file_name: str = "pictures.zip") -> Survey:
    return source_of(tmp_path, members, file_name).survey(silent, never)


def bring(tmp_path: Path, members: dict[str, bytes], name: str = "mine", **choices: Any) -> ImportResult:
    source = source_of(tmp_path, members)
    return source.read(source.survey(silent, never), ImportOptions(name=name, **choices), silent, never)


def bytes_of(image: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("prefix", ["", "anything/", "a/b/", "train/"])
def test_train_and_test_folders_are_kept_apart_and_labels_follow_the_folders(tmp_path: Path, prefix: str) -> None:
    image_set = bring(tmp_path, split_members(prefix=prefix)).image_set
    assert image_set.class_names == ("cat", "dog")
    assert (image_set.x_train.shape, image_set.x_test.shape) == ((12, 4, 5), (4, 4, 5))
    np.testing.assert_array_equal(image_set.x_train[:, 0, 0] // 10, image_set.y_train)
    np.testing.assert_array_equal(image_set.x_test[:, 0, 0] // 10, image_set.y_test)
    assert sorted(image_set.x_train[:, 0, 0].tolist()) == [*range(6), *range(10, 16)]


def test_training_images_are_in_one_fixed_random_order(tmp_path: Path) -> None:
    first, second = (bring(tmp_path, split_members(training=10)).image_set for _ in range(2))
    assert first.sha256 == second.sha256
    assert first.y_train.tolist() != sorted(first.y_train.tolist())


def test_without_test_folders_the_share_asked_for_is_drawn_of_each_class(tmp_path: Path) -> None:
    members = loose_members(count=20)
    image_set = bring(tmp_path, members, test_share=0.3, seed=5).image_set
    assert np.bincount(image_set.y_train).tolist() == [14, 14]
    assert np.bincount(image_set.y_test).tolist() == [6, 6]
    assert "30 % of each class, drawn with seed 5" in image_set.origin
    assert image_set.sha256 == bring(tmp_path, members, test_share=0.3, seed=5).image_set.sha256
    assert image_set.sha256 != bring(tmp_path, members, test_share=0.3, seed=6).image_set.sha256


def test_a_train_folder_alone_is_split(tmp_path: Path) -> None:
    found = survey(tmp_path, split_members(test=0, training=5))
    assert (found.has_split, found.training_counts, found.test_counts) == (False, (5, 5), (0, 0))
    image_set = bring(tmp_path, split_members(test=0, training=5)).image_set
    assert (len(image_set.x_train), len(image_set.x_test)) == (8, 2)


def test_validation_pictures_beside_training_and_test_are_learned_from(tmp_path: Path) -> None:
    members = {**split_members(folders=("Training", "testing")), "Valid/cat/a.png": picture(3)}
    found = survey(tmp_path, members)
    assert (found.training_counts, found.test_counts) == ((7, 6), (2, 2))
    assert "validation folder count as training" in found.notes[0]


def test_a_validation_folder_without_a_test_folder_is_the_test_set(tmp_path: Path) -> None:
    found = survey(tmp_path, split_members(folders=("train", "val")))
    assert (found.has_split, found.training_counts, found.test_counts) == (True, (6, 6), (2, 2))
    assert "the validation folder is the test set" in found.notes[0]


def test_a_class_may_be_called_like_a_split_and_pictures_may_lie_deeper(tmp_path: Path) -> None:
    vehicles = survey(tmp_path, loose_members(("bus", "train"), count=3))
    assert (vehicles.class_names, vehicles.has_split) == (("bus", "train"), False)
    deeper = {f"{split}/{name}/images/{n}.png": picture() for split in ("train", "test") for name in "ab" for n in range(2)}
    assert survey(tmp_path, deeper).class_names == ("a", "b")


def test_classes_called_by_numbers_are_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    assert survey(tmp_path, loose_members(("10", "9", "2"), count=2)).class_names == ("2", "9", "10")


def test_pictures_of_several_sizes_and_colours_become_alike(tmp_path: Path) -> None:
    members = {**loose_members(), "cat/wide.png": noise((30, 10)), "dog/tall.jpg": noise((9, 300), form="JPEG")}
    found = survey(tmp_path, members)
    assert found.sizes == (((5, 4), 20), ((30, 10), 1), ((9, 300), 1))
    assert (found.grey_pictures, found.colour_pictures) == (20, 2)
    assert (found.suggestion.size, found.suggestion.colour) == (32, Colour.COLOUR)
    assert bring(tmp_path, members, size=16).image_set.image_shape == (16, 16, 3)
    assert bring(tmp_path, members, size=16, fit=Fit.CROP, colour=Colour.GREY).image_set.image_shape == (16, 16)


@pytest.mark.parametrize(
    ("size", "mode", "suggested"),
    [((8, 8), "L", (8, Colour.GREY)), ((65, 65), "L", (28, Colour.GREY)), ((5, 4), "RGB", (None, Colour.COLOUR))],
)
def test_the_suggestion_suits_what_was_found(
    tmp_path: Path, size: tuple[int, int], mode: str, suggested: tuple[int | None, Colour]
) -> None:
    members = {f"{name}/{number}.png": picture(9, size, mode) for name in "ab" for number in range(2)}
    suggestion = survey(tmp_path, members, "My Pets (2).zip").suggestion
    assert (suggestion.size, suggestion.colour) == suggested
    assert (suggestion.name, suggestion.title) == ("My_Pets_2", "My Pets (2)")


def test_large_pictures_need_a_size(tmp_path: Path) -> None:
    members = {f"{name}/{number}.png": picture(9, (MAX_SIDE + 1, 4)) for name in "ab" for number in range(2)}
    with pytest.raises(DatasetError, match=r"each is 257 x 4 pixels.*Choose a size"):
        bring(tmp_path, members)
    assert bring(tmp_path, members, size=28).image_set.image_shape == (28, 28)
    with pytest.raises(DatasetError, match=r"they have 2 different sizes.*Choose a size"):
        bring(tmp_path, {**members, "a/other.png": picture()})


def test_unusual_pictures_are_used_and_noted(tmp_path: Path) -> None:
    frames = io.BytesIO()
    Image.new("L", (5, 4), 0).save(frames, "GIF", save_all=True, append_images=[Image.new("L", (5, 4), 255)])
    unusual = {
        "cat/glass.png": bytes_of(Image.new("RGBA", (5, 4), (0, 0, 0, 0))),
        "cat/deep.png": bytes_of(Image.fromarray(np.full((4, 5), 40_000, dtype=np.uint16))),
        "cat/moving.gif": frames.getvalue(),
    }
    notes = " ".join(survey(tmp_path, {**loose_members(), **unusual}).notes)
    assert "see-through pictures, put on white as a page shows them: 1." in notes
    assert "16 bits" in notes and "several frames or pages, of which the first is taken: 1." in notes


def test_what_is_no_picture_or_lies_elsewhere_is_left_out_and_counted(tmp_path: Path) -> None:
    others = {
        "README.md": b"hello",
        "cover.png": picture(9, size=(50, 50)),
        "other/cat/9.png": picture(9),
        "__MACOSX/train/cat/._0.png": b"fork",
        "train/cat/.hidden.png": b"hidden",
        "train/cat/phone.heic": b"photo",
    }
    found = survey(tmp_path, {**split_members(), **others})
    assert (found.pictures, found.ignored, found.unreadable, found.notes) == (16, 4, (), ())
    left_out = {item.what: item.reason for item in found.left_out}
    assert set(left_out) == {".heic files", "README.md", "Pictures in no folder", "Pictures in other/cat"}
    assert "a HEIC photo, which Inkling does not read: convert it to JPEG" in left_out[".heic files"]
    assert left_out["Pictures in other/cat"] == "They lie beside the folders for training and testing."


def test_links_are_never_followed(tmp_path: Path) -> None:
    source_of(tmp_path, split_members())
    with zipfile.ZipFile(tmp_path / "upload", "a") as archive:
        link = zipfile.ZipInfo("train/cat/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    found = open_source([SourceFile(tmp_path / "upload", "pictures.zip")]).survey(silent, never)
    assert (found.pictures, found.ignored, found.unreadable) == (16, 1, ())
    assert found.left_out[0].what == "Symbolic links" and "only point to other files" in found.left_out[0].reason


def test_unreadable_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    whole = noise((20, 20))
    bad = {"train/cat/text.png": b"I am text", "train/dog/cut.png": whole[: len(whole) // 2], "test/dog/empty.jpg": b""}
    result = bring(tmp_path, {**split_members(), **bad})
    assert (len(result.image_set.x_train), len(result.image_set.x_test)) == (12, 4)
    assert sorted(unreadable.name for unreadable in result.unreadable) == sorted(bad)
    assert {unreadable.reason for unreadable in result.unreadable} == {
        "It is damaged or not complete.",
        "It is not a PNG, JPEG, GIF, BMP, WebP, TIFF or PGM picture, whatever its name says.",
    }
    np.testing.assert_array_equal(result.image_set.x_train[:, 0, 0] // 10, result.image_set.y_train)


def test_a_class_with_one_picture_is_learned_from_and_noted(tmp_path: Path) -> None:
    members = {**loose_members(), "bird/0.png": picture(99)}
    assert "none to test with: bird." in survey(tmp_path, members).notes[-1]
    image_set = bring(tmp_path, members).image_set
    assert np.bincount(image_set.y_train).tolist() == [1, 8, 8]
    assert np.bincount(image_set.y_test, minlength=3).tolist() == [0, 2, 2]


def test_a_class_without_test_pictures_of_its_own_is_noted(tmp_path: Path) -> None:
    assert "No test pictures" in survey(tmp_path, {**split_members(), "train/bird/0.png": picture(99)}).notes[-1]


@pytest.mark.parametrize("name", ["猫", "кошка", "<b onclick=x>cat", "Çédille & Co", "a b", "😀", "Note: cat"])
def test_class_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    name = unicodedata.normalize("NFC", name)
    image_set = bring(tmp_path, loose_members((name, "dog"), count=3)).image_set
    assert set(image_set.class_names) == {name, "dog"}


def test_an_accented_letter_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    whole, parts = (f"caf{letter}" for letter in ("\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}"))
    members = {f"train/{whole}/{n}.png": picture() for n in range(2)} | {f"test/{parts}/{n}.png": picture() for n in range(2)}
    found = survey(tmp_path, {**members, "train/tea/0.png": picture(), "test/tea/0.png": picture()})
    assert (found.class_names, found.test_counts) == ((whole, "tea"), (2, 1))


def test_names_written_in_utf8_without_saying_so_are_understood(tmp_path: Path) -> None:
    source = source_of(tmp_path, {name.replace("dog", "ду"): data for name, data in loose_members(count=2).items()})
    data = bytearray((tmp_path / "upload").read_bytes())
    for signature, flag in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        place = -1
        while (place := data.find(signature, place + 1)) >= 0:
            data[place + flag] &= ~0x08
    (tmp_path / "upload").write_bytes(data)
    assert source.survey(silent, never).class_names == ("cat", "ду")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "is empty, or holds nothing but a system's own files"),
        ({"cat.png": picture()}, "holds one class, 'pictures'; a network needs two or more"),
        ({"inner.zip": b"PK", "notes.txt": b"hello"}, "is damaged"),
        ({"notes.txt": b"hello", "more.txt": b"hello"}, "holds no images that Inkling can read. notes.txt: It is neither"),
        ({"train/cat/0.png": picture(), "test/cat/0.png": picture()}, "holds one class, 'cat'; a network needs two or more"),
        ({f"{number}/0.png": picture() for number in range(1_001)}, "holds 1,001 classes; expected 2 to 1,000"),
        (loose_members(count=1), "one picture of each class, so none is left to test with"),
        ({f"train/{n}.png": picture() for n in range(4)}, "straight in train, which tells what they are for but not what they show"),
        ({f"train/{name}.{n}.png": picture() for name in "ab" for n in range(2)}, "Say what to take their classes from.*'names'"),
        ({**split_members(), "../../evil/0.png": picture()}, r"the entry '../../evil/0.png' points outside"),
        ({**split_members(), "/etc/cat/0.png": picture()}, "points outside"),
        ({**split_members(), "C:/cat/0.png": picture()}, "points outside"),
        ({**split_members(), "..\\..\\cat\\0.png": picture()}, "points outside"),
        ({**split_members(), "train/a\nb/0.png": picture()}, "can't name a class"),
        ({f"{name}/{number}.png": b"text" for name in "ab" for number in range(2)}, "none of 4 pictures could be read.*whatever its name"),
        ({**split_members(), "train/cat/bomb.png": bytes(5_000_000)}, r"would unpack from .* to 5,000,000 bytes"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_found(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        bring(tmp_path, members)
    assert "pictures.zip" in str(caught.value)


def test_a_class_without_a_readable_picture_is_none(tmp_path: Path) -> None:
    found = survey(tmp_path, {**loose_members(), "bird/0.png": b"text"})
    assert (found.class_names, len(found.unreadable)) == (("cat", "dog"), 1)


def test_a_test_folder_without_a_readable_picture_is_none(tmp_path: Path) -> None:
    assert not survey(tmp_path, {**split_members(test=0), "test/cat/0.png": b"text"}).has_split


def test_classes_that_differ_in_capital_letters_are_kept_apart_and_told(tmp_path: Path) -> None:
    found = survey(tmp_path, {**split_members(), "train/Cat/0.png": picture()})
    assert found.class_names == ("Cat", "cat", "dog") and "'Cat' and 'cat'" in found.notes[0]


def test_a_path_with_backslashes_is_a_path(tmp_path: Path) -> None:
    found = survey(tmp_path, {name.replace("/", "\\"): data for name, data in split_members().items()})
    assert (found.class_names, found.has_split) == (("cat", "dog"), True)


def test_an_unpacked_drawing_shrinks_as_far_as_a_bomb_and_is_none(tmp_path: Path) -> None:
    members = {f"{name}/{number}.bmp": picture(255, (700, 700), "RGB", "BMP") for name in "ab" for number in range(2)}
    assert survey(tmp_path, members).pictures == 4


def test_more_pictures_than_fit_into_memory_are_refused_by_their_sum(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "upload", loose_members())
    data = bytearray(path.read_bytes())
    place = -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        # The packed and the unpacked size of each, as the directory states them.
        data[place + 20 : place + 28] = (0x0FFF_FFFF).to_bytes(4, "little") * 2
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="unpack to more than"):
        open_source([SourceFile(path, "pictures.zip")]).survey(silent, never)


def test_a_picture_that_unpacks_to_more_than_its_entry_says_costs_no_more(tmp_path: Path) -> None:
    members = {**loose_members(), "cat/liar.png": bytes(30_000_000)}
    path = write_zip(tmp_path / "upload", members)
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (50_000).to_bytes(4, "little")
    path.write_bytes(data)
    tracemalloc.start()
    found = open_source([SourceFile(path, "pictures.zip")]).survey(silent, never)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(unreadable.name, unreadable.reason) for unreadable in found.unreadable] == [
        ("cat/liar.png", "Its part of the ZIP is damaged.")
    ]
    assert peak < 10_000_000


def test_encrypted_pictures_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "upload", split_members())
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="is encrypted; expected a ZIP without a password"):
        open_source([SourceFile(path, "pictures.zip")]).survey(silent, never)


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photo").write_bytes(content)
    with pytest.raises(DatasetError, match=r"photo.zip can't be read. It is "):
        open_source([SourceFile(tmp_path / "photo", "photo.zip")]).survey(silent, never)


def test_a_directory_of_too_many_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(b"PK\x01\x02" * 450_000)
    with pytest.raises(DatasetError, match="lists 450,000 files; expected at most 410,000"):
        open_source([SourceFile(tmp_path / "upload", "pictures.zip")]).survey(silent, never)


def test_a_missing_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        open_source([SourceFile(tmp_path / "nowhere", "nowhere.zip")]).survey(silent, never)


@pytest.mark.parametrize("name", ["", "../mine", "a b", "-mine", ".mine", "grün", "digits", "a/b"])
def test_unsafe_and_bundled_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"can't be called|belongs to the bundled digits"):
        bring(tmp_path, split_members(), name=name)


FASHION = ("Trouser", "t-shirt_top", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def test_a_known_set_brings_its_title_names_and_numbers(tmp_path: Path) -> None:
    image_set = bring(tmp_path, split_members(FASHION, training=1, test=1), name="fashion_mnist").image_set
    assert (image_set.title, image_set.class_names[:2]) == ("Fashion-MNIST", ("T-shirt/top", "Trouser"))
    # The folder listed first here, Trouser, holds grey value 0, and is class 1.
    assert image_set.y_train[image_set.x_train[:, 0, 0] == 0].tolist() == [1]


def test_a_known_set_with_other_folders_is_refused_and_never_suggested(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="can't become 'cifar10': its classes are cat, dog; expected one for each of airplane"):
        bring(tmp_path, split_members(), name="cifar10")
    assert survey(tmp_path, split_members(), "cifar10.zip").suggestion.name == "my_cifar10"
    assert survey(tmp_path, split_members(FASHION, 1, 1), "fashion_mnist.zip").suggestion.title == "Fashion-MNIST"


def test_examples_show_each_class_and_each_size_first(tmp_path: Path) -> None:
    source = source_of(tmp_path, {**loose_members(), "cat/large.png": noise((400, 200)), "dog/small.png": noise((3, 3))})
    found = source.survey(silent, never)
    examples = source.examples(found, ImportOptions(name="mine", size=8), count=5)
    assert [example.class_name for example in examples] == ["cat", "dog", "cat", "dog", "cat"]
    assert {example.original_size for example in examples[:4]} == {(5, 4), (400, 200), (3, 3)}
    assert all(example.after.shape == (8, 8, 3) and max(example.before.shape) <= 160 for example in examples)
    with pytest.raises(DatasetError, match="different sizes"):
        source.examples(found, ImportOptions(name="mine"))


def test_examples_after_are_what_the_set_will_hold(tmp_path: Path) -> None:
    source = source_of(tmp_path, {f"{name}/{n}.jpg": noise((300, 200), n, "JPEG") for name in "ab" for n in range(2)})
    found, options = source.survey(silent, never), ImportOptions(name="mine", size=12)
    images = source.read(found, options, silent, never).image_set
    stored = {image.tobytes() for image in (*images.x_train, *images.x_test)}
    assert all(example.after.tobytes() in stored for example in source.examples(found, options, count=4))


@pytest.mark.parametrize("size", [(5, 5), (120, 120)])
def test_progress_counts_every_picture_once(tmp_path: Path, size: tuple[int, int]) -> None:
    # The larger ones are decoded by several threads.
    source = source_of(tmp_path, {f"{name}/{n}.png": noise(size, n) for name in "ab" for n in range(8)})
    seen: list[tuple[int, int]] = []
    found = source.survey(lambda done, total: seen.append((done, total)), never)
    source.read(found, ImportOptions(name="mine"), lambda done, total: seen.append((done, total)), never)
    assert seen == [*((done, 16) for done in range(1, 17)), *((done, 16) for done in range(17))]


@pytest.mark.parametrize("size", [(5, 5), (120, 120)])
def test_both_steps_can_be_called_off(tmp_path: Path, size: tuple[int, int]) -> None:
    source = source_of(tmp_path, {f"{name}/{n}.png": noise(size, n) for name in "ab" for n in range(8)})
    seen: list[int] = []
    with pytest.raises(Cancelled):
        source.survey(lambda done, total: seen.append(done), lambda: len(seen) >= 3)
    found = source.survey(silent, never)
    with pytest.raises(Cancelled):
        source.read(found, ImportOptions(name="mine"), lambda done, total: seen.append(done), lambda: len(seen) >= 5)
    assert seen == [1, 2, 3, 0, 1]


def test_a_file_that_changes_between_survey_and_import_is_noticed(tmp_path: Path) -> None:
    source = source_of(tmp_path, loose_members())
    found = source.survey(silent, never)
    (tmp_path / "upload").write_bytes(bytes((tmp_path / "upload").stat().st_size))
    with pytest.raises(DatasetError, match="is not what it was"):
        source.read(found, ImportOptions(name="mine"), silent, never)


def test_an_origin_is_printable_whatever_the_file_is_called(tmp_path: Path) -> None:
    source = open_source([SourceFile(write_zip(tmp_path / "upload", split_members()), "a\x1b[31m\n.zip")])
    origin = source.read(source.survey(silent, never), ImportOptions(name="mine"), silent, never).image_set.origin
    assert origin.isprintable()


def try_all(path: Path) -> None:
    """Whatever the file holds, it is a valid set or an error that can be shown."""
    try:
        source = open_source([SourceFile(path, "fuzz.zip")])
        found = source.survey(silent, never)
        result = source.read(found, found.suggestion, silent, never)
    except InklingError as error:
        assert "fuzz.zip" in str(error)
    else:
        assert result.image_set.x_train.ndim in (3, 4) and result.image_set.class_count >= 2


SMALL_ZIP = {**loose_members(count=2), "cat/photo.jpg": noise((4, 4), form="JPEG")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), begins_like_a_zip=st.booleans())
def test_arbitrary_bytes_give_an_error_to_show(tmp_path: Path, data: bytes, begins_like_a_zip: bool) -> None:
    (tmp_path / "fuzz").write_bytes(b"PK\x03\x04" * begins_like_a_zip + data)
    try_all(tmp_path / "fuzz")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4), st.integers(0, 60), st.booleans())
def test_a_damaged_zip_gives_a_set_or_an_error_to_show(
    tmp_path: Path, changes: list[tuple[float, int]], cut: int, only_directory: bool
) -> None:
    data = bytearray(write_zip(tmp_path / "fuzz", SMALL_ZIP).read_bytes())
    first = data.index(b"PK\x01\x02") if only_directory else 0
    for place, value in changes:
        data[first + int(place * (len(data) - first))] = value
    (tmp_path / "fuzz").write_bytes(data[: len(data) - cut if cut < 30 else len(data)])
    try_all(tmp_path / "fuzz")


@pytest.mark.slow
def test_the_real_pictures_of_cifar10_are_read() -> None:
    if not REAL_ZIP.exists():
        pytest.skip("cifar10.zip is not in ../shared/datasets")
    source = open_source([SourceFile(REAL_ZIP, REAL_ZIP.name)])
    found = source.survey(silent, never)
    assert (found.pictures, found.sizes, found.unreadable) == (60_000, (((32, 32), 60_000),), ())
    image_set = source.read(found, found.suggestion, silent, never).image_set
    assert image_set.x_train.shape == (50_000, 32, 32, 3) and image_set.x_test.shape == (10_000, 32, 32, 3)
    assert (image_set.title, image_set.class_names[3]) == ("CIFAR-10", "cat")
    assert np.bincount(image_set.y_train[:5_000]).min() > 400
