from __future__ import annotations

import errno
import io
import os
import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.image_set import ImageSet
from core.datasets.npz_files import ARRAYS, load_npz, read_summary, save_npz
from core.errors import Cancelled, DatasetError, InklingError, StorageError
from core.settings import Settings

SOUND = {
    "x_train": np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4),
    "y_train": np.array([0, 1, 2, 0, 1, 2]),
    "x_test": np.ones((2, 4, 4), dtype=np.uint8),
    "y_test": np.array([0, 2]),
}


def npz_bytes(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def write(path: Path, **changed: np.ndarray) -> Path:
    path.write_bytes(npz_bytes(**{**SOUND, **changed}))
    return path


def write_members(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def npy_bytes(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_header(descr: str, shape: str, data: bytes, order: str = "False") -> bytes:
    """One array as NumPy's format has it, with whatever a liar would write into the header."""
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def sound_members() -> dict[str, bytes]:
    return {f"{key}.npy": npy_bytes(array) for key, array in SOUND.items()}


def test_a_plain_file_of_four_arrays_loads_with_what_the_caller_knows_of_it(tmp_path: Path) -> None:
    path = write(tmp_path / "any.npz")
    image_set = load_npz(path, name="mine", title="Mine", class_names=("a", "b", "c"), max_value=200, origin="Made up.")
    assert (image_set.name, image_set.title, image_set.class_names, image_set.max_value) == ("mine", "Mine", ("a", "b", "c"), 200)
    assert image_set.origin == "Made up."
    np.testing.assert_array_equal(image_set.x_train, SOUND["x_train"])
    np.testing.assert_array_equal(image_set.y_test, SOUND["y_test"])


def test_what_the_file_says_of_itself_counts_more(tmp_path: Path) -> None:
    own = {"class_names": np.array(["x", "y", "z"]), "max_value": np.array(100), "title": np.array("Own"), "origin": np.array("From me.")}
    image_set = load_npz(write(tmp_path / "own.npz", **own), name="mine", title="Mine", class_names=("a", "b", "c"), origin="Else.")
    assert image_set.class_names == ("x", "y", "z")
    assert (image_set.title, image_set.origin, image_set.max_value) == ("Own", "From me.", 100)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_a_saved_set_comes_back_whole(tmp_path: Path, make_set, shape: tuple[int, ...]) -> None:
    image_set = make_set(shape=shape, class_names=("Grün", "T-shirt/top", "ß"), title="Farben", origin="Gemacht.")
    save_npz(tmp_path / "new" / "small.npz", image_set)
    loaded = load_npz(tmp_path / "new" / "small.npz", name="small")
    assert loaded.sha256 == image_set.sha256
    assert vars(loaded).keys() >= vars(image_set).keys()
    assert (loaded.class_names, loaded.title, loaded.origin) == (image_set.class_names, image_set.title, image_set.origin)


def test_a_saved_set_is_a_file_that_numpy_reads_too(tmp_path: Path, make_set) -> None:
    save_npz(tmp_path / "small.npz", make_set())
    with np.load(tmp_path / "small.npz", allow_pickle=False) as arrays:
        assert set(ARRAYS) < set(arrays)
        np.testing.assert_array_equal(arrays["x_train"], make_set().x_train)


def test_column_order_and_big_endian_labels_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.npz", x_train=np.asfortranarray(SOUND["x_train"]), y_train=SOUND["y_train"].astype(">i2"))
    image_set = load_npz(path, name="odd")
    np.testing.assert_array_equal(image_set.x_train, SOUND["x_train"])
    np.testing.assert_array_equal(image_set.y_train, SOUND["y_train"])


def test_the_summary_needs_no_images(tmp_path: Path) -> None:
    members = sound_members()
    start = members["x_train.npy"][:128]
    members["x_train.npy"] = start + bytes(len(members["x_train.npy"]) - 128)
    summary = read_summary(write_members(tmp_path / "any.npz", members))
    assert (summary.image_shape, summary.training_images, summary.test_images, summary.title) == ((4, 4), 6, 2, None)


def check_refused(path: Path, message: str) -> None:
    """Both ways in say the same, and name the file."""
    for read in (lambda: load_npz(path, name="mine"), lambda: read_summary(path)):
        with pytest.raises(DatasetError, match=message) as caught:
            read()
        assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    check_refused(tmp_path / "nowhere.npz", "is not there")


def test_a_folder_called_npz_is_no_file(tmp_path: Path) -> None:
    check_refused(tmp_path, "is not a file")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(100), b"\x93NUMPY\x01\x00"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.npz"
    path.write_bytes(content)
    check_refused(path, "is damaged or is not an .npz file")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = write(tmp_path / "cut.npz")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    check_refused(path, "is damaged or is not an .npz file")


def test_pickled_arrays_are_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    path = tmp_path / "pickled.npz"
    np.savez(path, **{**SOUND, "x_train": np.array([Bomb()], dtype=object)})
    check_refused(path, r"x_train holds Python objects \(pickled\)")
    assert not (tmp_path / "exploded").exists()


def test_every_missing_array_is_named_with_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "half.npz"
    path.write_bytes(npz_bytes(images=SOUND["x_train"], y_train=SOUND["y_train"]))
    check_refused(path, r"has no x_train and no x_test and no y_test; expected x_train, y_train, x_test, y_test, found images, y_train")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": SOUND["x_train"].astype(np.float32)}, "x_train holds float32 values; expected uint8"),
        ({"x_train": SOUND["x_train"].reshape(6, 16)}, r"x_train has shape \(6, 16\)"),
        ({"y_train": SOUND["y_train"].astype(float)}, "y_train holds float64 values"),
        ({"y_train": SOUND["y_train"][:5]}, r"y_train has shape \(5,\)"),
        ({"y_test": np.array([0, 7_000])}, "y_test runs from 0 to 7000"),
        ({"y_test": np.array([0, -2])}, "y_test runs from -2 to 0"),
        ({"y_train": np.zeros(6, int)}, "at least two to tell apart"),
        ({"class_names": np.array(["a", "b"])}, "a label is 2, but there are 2 class names"),
        ({"class_names": np.array([1, 2, 3])}, "class_names holds int64 values"),
        ({"class_names": np.array("abc")}, "expected a list of different texts"),
        ({"class_names": np.array(["a", "a", "b"])}, "expected a list of different texts"),
        ({"class_names": np.array(["a", "b\n", "c"])}, "printable"),
        ({"class_names": np.array(["a", "b", "c" * 2_000])}, "1 to 1,000 printable"),
        ({"title": np.array(["a", "b"])}, "title holds .* expected one text"),
        ({"x_train": np.zeros((6, 4, 4), dtype=[("r", "u1"), ("g", "u1")])}, "x_train holds a structure"),
    ],
)
def test_wrong_contents_are_told_from_headers_and_labels_alone(tmp_path: Path, changed: dict[str, np.ndarray], message: str) -> None:
    check_refused(write(tmp_path / "wrong.npz", **changed), message)


@pytest.mark.parametrize("value", [np.array(0), np.array(256), np.array(1.0), np.array([255])])
def test_a_senseless_largest_value_is_refused(tmp_path: Path, value: np.ndarray) -> None:
    with pytest.raises(DatasetError, match="max_value is not a whole number from 1 to 255"):
        load_npz(write(tmp_path / "wrong.npz", max_value=value), name="mine")


def test_sizes_over_the_limit_are_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    # Three gigabytes of zeros, as a header and as the archive's directory tell it; nothing that long is ever written here.
    members = sound_members()
    members["x_train.npy"] = with_header("|u1", "(60000, 256, 256)", b"")
    members["y_train.npy"] = npy_bytes(np.zeros(60_000, dtype=np.uint8))
    members["x_test.npy"] = npy_bytes(np.zeros((2, 256, 256), dtype=np.uint8))
    path = write_members(tmp_path / "huge.npz", members)
    declared = 60_000 * 256 * 256 + len(members["x_train.npy"])
    patched = path.read_bytes().replace(len(members["x_train.npy"]).to_bytes(4, "little"), declared.to_bytes(4, "little"))
    path.write_bytes(patched)
    check_refused(path, "the arrays take 3,9.* bytes; expected at most 2,147,483,648")


def test_a_header_that_promises_more_than_the_file_has_is_refused(tmp_path: Path) -> None:
    members = {**sound_members(), "x_test.npy": with_header("|u1", "(2, 256, 256)", bytes(10))}
    check_refused(write_members(tmp_path / "lie.npz", members), "x_test should take 131,1.* bytes by its header")


def test_a_member_that_unpacks_to_more_than_its_header_says_is_refused(tmp_path: Path) -> None:
    members = {**sound_members(), "x_test.npy": with_header("|u1", "(2, 4, 4)", bytes(50_000_000))}
    check_refused(write_members(tmp_path / "bomb.npz", members), "x_test should take .* but takes 50,000,")


@pytest.mark.parametrize("shape", ["(2, 4, -4)", "(2, 4, 4", "(1 2, 4)", "[2, 4, 4]", "(__import__('os'),)"])
def test_a_header_with_a_strange_shape_is_refused(tmp_path: Path, shape: str) -> None:
    members = {**sound_members(), "x_test.npy": with_header("|u1", shape, bytes(32))}
    check_refused(write_members(tmp_path / "odd.npz", members), "x_test holds a structure or something unknown")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_packing_methods_are_refused(tmp_path: Path, method: int) -> None:
    check_refused(write_members(tmp_path / "rare.npz", sound_members(), method), "is packed by method")


def test_flipped_pixels_are_caught_by_the_checksum(tmp_path: Path) -> None:
    path = write_members(tmp_path / "flipped.npz", sound_members(), zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(SOUND["x_train"].tobytes())] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="damaged"):
        load_npz(path, name="mine")


def load_bytes(folder: Path, content: bytes) -> ImageSet | None:
    path = folder / "fuzzed.npz"
    path.write_bytes(content)
    try:
        return load_npz(path, name="fuzzed")
    except InklingError:
        return None


@given(content=st.binary(max_size=300))
@example(content=b"PK\x05\x06" + bytes(18))
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_bytes_are_refused_in_plain_words(tmp_path: Path, content: bytes) -> None:
    assert load_bytes(tmp_path, content) is None


@given(changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=6), packed=st.booleans())
@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_still_a_valid_set(tmp_path: Path, changes: list[tuple[int, int]], packed: bool) -> None:
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **SOUND, class_names=np.array(["a", "b", "c"]))
    content = bytearray(file.getvalue())
    for position, value in changes:
        content[position % len(content)] = value
    image_set = load_bytes(tmp_path, bytes(content))
    if image_set is not None:
        assert image_set.x_train.dtype == np.uint8 and len(image_set.x_train) == len(image_set.y_train)
        assert image_set.y_train.max() < image_set.class_count


def test_a_full_disk_is_told_and_leaves_the_old_file_alone(tmp_path: Path, make_set) -> None:
    path = tmp_path / "small.npz"
    save_npz(path, make_set(seed=1))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of a file, which this process sets on itself, fails a write as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))
    try:
        with pytest.raises(StorageError, match=f"(?i)small.npz could not be written to .*{os.strerror(errno.EFBIG)}"):
            save_npz(path, make_set(training=100, shape=(30, 30, 3)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert load_npz(path, name="small").sha256 == make_set(seed=1).sha256
    assert list(tmp_path.iterdir()) == [path]


def test_saving_can_be_called_off_in_the_middle_of_an_array_and_leaves_the_old_file_alone(tmp_path: Path, make_set) -> None:
    path = tmp_path / "small.npz"
    save_npz(path, make_set(seed=1))
    large = make_set(training=600, shape=(200, 200, 3))
    questions: list[int] = []
    with pytest.raises(Cancelled):
        save_npz(path, large, should_stop=lambda: questions.append(1) or len(questions) > 3)
    # Of 72 million bytes, no more than 16 million are written between two questions: the header and two parts of the first array.
    assert len(questions) == 4
    assert load_npz(path, name="small").sha256 == make_set(seed=1).sha256
    assert list(tmp_path.iterdir()) == [path]


def test_a_home_that_is_a_file_is_told(tmp_path: Path, make_set) -> None:
    (tmp_path / "home").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match="could not be made"):
        save_npz(tmp_path / "home" / "datasets" / "small.npz", make_set())
    assert (tmp_path / "home").read_text(encoding="utf-8") == "in the way"


@pytest.mark.parametrize("order", ["<", ">"])
def test_text_that_is_no_text_is_damage(tmp_path: Path, order: str) -> None:
    names = np.array([0x41, 0x110000, 0x42], dtype=f"{order}u4").view(f"{order}U1")
    path = tmp_path / "damaged.npz"
    for extra in ({"class_names": names}, {"title": names[1:2].reshape(())}, {"origin": names[1:2].reshape(())}):
        path.write_bytes(npz_bytes(**SOUND, **extra))
        for read in (lambda: load_npz(path, name="damaged"), lambda: read_summary(path)):
            with pytest.raises(DatasetError, match="stand for no character"):
                read()
    entries = Catalog(Settings(tmp_path / "home", (tmp_path,), 1, 1, None)).entries()
    assert [entry.state for entry in entries if entry.name == "damaged"] == [DatasetState.UNUSABLE]
