from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.catalog import Catalog
from core.datasets.importing import ImportResult, import_class_folders, store_image_set
from core.errors import Cancelled, DatasetError
from core.settings import MAX_SIDE, Settings

REAL_ZIP = Path(__file__).parents[4] / "shared" / "datasets" / "cifar10.zip"


def picture(value: int = 0, size: tuple[int, int] = (5, 4), mode: str = "L", form: str = "PNG") -> bytes:
    file = io.BytesIO()
    array = np.full((size[1], size[0], *([3] if mode == "RGB" else [])), value, dtype=np.uint8)
    Image.fromarray(array).save(file, form)
    return file.getvalue()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def split_members(classes: tuple[str, ...] = ("cat", "dog"), training: int = 6, test: int = 2, prefix: str = "") -> dict[str, bytes]:
    """Each picture's grey value tells its class (tens) and its number (ones)."""
    return {
        f"{prefix}{split}/{name}/{number}.png": picture(10 * label + number)
        for split, count in (("train", training), ("test", test))
        for label, name in enumerate(classes)
        for number in range(count)
    }


def bring(tmp_path: Path, members: dict[str, bytes], name: str = "mine") -> ImportResult:
    return import_class_folders(write_zip(tmp_path / "pictures.zip", members), name=name)


@pytest.mark.parametrize("prefix", ["", "anything/", "a/b/"])
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


def test_without_train_and_test_a_fifth_of_each_class_is_drawn(tmp_path: Path) -> None:
    members = {f"set/{name}/{number}.png": picture(number) for name in ("cat", "dog") for number in range(20)}
    result = bring(tmp_path, members)
    assert np.bincount(result.image_set.y_train).tolist() == [16, 16]
    assert np.bincount(result.image_set.y_test).tolist() == [4, 4]
    assert "a fifth of each class" in result.image_set.origin
    assert result.image_set.sha256 == bring(tmp_path, members).image_set.sha256


def test_a_train_folder_alone_is_split(tmp_path: Path) -> None:
    image_set = bring(tmp_path, split_members(test=0, training=5)).image_set
    assert (len(image_set.x_train), len(image_set.x_test)) == (8, 2)


def test_colour_and_jpeg_pictures_become_three_channels(tmp_path: Path) -> None:
    members = {
        f"{split}/{name}/{number}.JPEG": picture(200, mode="RGB", form="JPEG")
        for split in ("train", "test")
        for name in "ab"
        for number in range(2)
    }
    image_set = bring(tmp_path, members).image_set
    assert image_set.image_shape == (4, 5, 3)
    assert abs(int(image_set.x_train[0, 0, 0, 0]) - 200) <= 2


def test_what_is_no_picture_or_lies_elsewhere_does_not_matter(tmp_path: Path) -> None:
    others = {
        "README.md": b"hello",
        "cover.png": picture(9, size=(50, 50)),
        "__MACOSX/train/cat/._0.png": b"fork",
        "train/cat/.hidden.png": b"hidden",
        "train/cat/Thumbs.db": b"thumbs",
        "val/cat/0.png": picture(1),
    }
    result = bring(tmp_path, {**split_members(), **others})
    assert (len(result.image_set.x_train), len(result.image_set.x_test)) == (12, 4)
    assert result.skipped == ()
    assert result.ignored == 1


def test_links_are_never_followed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "links.zip", split_members())
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("train/cat/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    result = import_class_folders(path, name="mine")
    assert len(result.image_set.x_train) == 12 and result.skipped == ()


def test_unreadable_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    whole = picture(3, size=(5, 4))
    bad = {"train/cat/text.png": b"I am text", "train/dog/cut.png": whole[: len(whole) // 2], "test/dog/empty.jpg": b""}
    result = bring(tmp_path, {**split_members(), **bad})
    assert (len(result.image_set.x_train), len(result.image_set.x_test)) == (12, 4)
    assert sorted(line.split(":")[0] for line in result.skipped) == sorted(bad)
    np.testing.assert_array_equal(result.image_set.x_train[:, 0, 0] // 10, result.image_set.y_train)


def test_pictures_with_transparent_or_16_bit_pixels_are_left_out_with_the_reason(tmp_path: Path) -> None:
    files = {}
    for name, image in (
        ("glass", Image.new("RGBA", (5, 4), (1, 2, 3, 100))),
        ("deep", Image.fromarray(np.full((4, 5), 40_000, dtype=np.uint16))),
    ):
        file = io.BytesIO()
        image.save(file, "PNG")
        files[f"train/cat/{name}.png"] = file.getvalue()
    deep, glass = sorted(bring(tmp_path, {**split_members(), **files}).skipped)
    assert "expected 8 bits" in deep and "partly transparent" in glass


def test_an_opaque_alpha_channel_is_dropped(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (5, 4), (1, 2, 3, 255)).save(file, "PNG")
    members = dict.fromkeys([f"{split}/{name}/0.png" for split in ("train", "test") for name in "ab"], file.getvalue())
    assert bring(tmp_path, members).image_set.x_train[0, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "holds no pictures in class folders; expected a ZIP of"),
        ({"cat.png": picture()}, "holds no pictures in class folders"),
        ({"train/cat/0.png": picture(), "test/cat/0.png": picture()}, "holds one class folder, 'cat'; expected 2 to"),
        ({**split_members(), "test/bird/0.png": picture()}, "no training pictures of bird"),
        ({**split_members(), "../../evil/0.png": picture()}, r"the entry '../../evil/0.png' points outside"),
        ({**split_members(), "/etc/cat/0.png": picture()}, "points outside"),
        ({**split_members(), "C:/cat/0.png": picture()}, "points outside"),
        ({**split_members(), "train\\cat\\0.png": picture()}, "points outside"),
        ({**split_members(), "train/cat/odd.png": picture(size=(6, 4))}, "6 x 4 pixels in grey.* 5 x 4 pixels in grey|5 x 4.* 6 x 4"),
        ({**split_members(), "test/dog/odd.png": picture(mode="RGB")}, "5 x 4 pixels in colour, but .* is 5 x 4 pixels in grey"),
        ({**split_members(), "train/cat/big.png": picture(size=(MAX_SIDE + 1, 4))}, f"257 x 4 pixels; expected at most {MAX_SIDE} a side"),
        ({**split_members(), "train/a\nb/0.png": picture()}, "can't name a class"),
        ({f"{split}/{name}/0.png": b"text" for split in ("train", "test") for name in "ab"}, "none of 2 pictures could be read"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_found(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        bring(tmp_path, members)
    assert "pictures.zip" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello", picture()])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photo.zip").write_bytes(content)
    with pytest.raises(DatasetError, match=r"photo.zip is damaged or not a ZIP archive"):
        import_class_folders(tmp_path / "photo.zip", name="mine")


def test_a_missing_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        import_class_folders(tmp_path / "nowhere.zip", name="mine")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"would unpack from .* to 5,000,000 bytes"):
        bring(tmp_path, {**split_members(), "train/cat/bomb.png": bytes(5_000_000)})


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    data = bytearray(picture())
    data[16:24] = side.to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    with pytest.raises(DatasetError, match=r"bomb.png' is far too large; expected at most 256 a side"):
        bring(tmp_path, {**split_members(), "train/cat/bomb.png": bytes(data)})


def test_encrypted_pictures_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "secret.zip", split_members())
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="is encrypted"):
        import_class_folders(path, name="mine")


@pytest.mark.parametrize("name", ["", "../mine", "a b", "-mine", ".mine", "x" * 81, "grün", "digits", "a/b"])
def test_unsafe_and_bundled_names_are_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"can't be called|belongs to the bundled digits"):
        import_class_folders(tmp_path / "nowhere.zip", name=name)


def test_a_known_set_brings_its_title_names_and_numbers(tmp_path: Path) -> None:
    folders = ("Trouser", "t-shirt_top", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    image_set = bring(tmp_path, split_members(folders, training=1, test=1), name="fashion_mnist").image_set
    assert (image_set.title, image_set.class_names[:2]) == ("Fashion-MNIST", ("T-shirt/top", "Trouser"))
    # The folder listed first here, Trouser, holds grey value 0, and is class 1.
    assert image_set.y_train[image_set.x_train[:, 0, 0] == 0].tolist() == [1]


def test_a_known_set_with_other_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="can't become 'cifar10': its folders are cat, dog; expected one for each of airplane"):
        bring(tmp_path, split_members(), name="cifar10")


def test_progress_counts_every_picture_once(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = write_zip(tmp_path / "pictures.zip", split_members())
    import_class_folders(path, name="mine", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 16) for done in range(1, 17)]


def test_an_import_can_be_called_off(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pictures.zip", split_members())
    seen: list[int] = []
    with pytest.raises(Cancelled):
        import_class_folders(path, name="mine", on_progress=lambda done, total: seen.append(done), should_stop=lambda: len(seen) >= 3)
    assert seen == [1, 2, 3]


def test_a_stored_import_is_found_by_the_catalogue_and_never_overwritten_by_accident(tmp_path: Path, settings: Settings) -> None:
    image_set = bring(tmp_path, split_members()).image_set
    path = store_image_set(image_set, settings)
    assert path == settings.downloads / "mine.npz"
    loaded = Catalog(settings).load("mine")
    assert (loaded.sha256, loaded.class_names, loaded.origin) == (image_set.sha256, image_set.class_names, image_set.origin)
    other = bring(tmp_path, split_members(("cow", "hen"))).image_set
    with pytest.raises(DatasetError, match="There is a set called 'mine' already"):
        store_image_set(other, settings)
    store_image_set(other, settings, replace=True)
    assert Catalog(settings).load("mine").class_names == ("cow", "hen")


@pytest.mark.slow
def test_the_real_pictures_of_cifar10_are_read_in_well_under_a_minute() -> None:
    if not REAL_ZIP.exists():
        pytest.skip("cifar10.zip is not in ../shared/datasets")
    result = import_class_folders(REAL_ZIP, name="cifar10")
    assert result.image_set.x_train.shape == (50_000, 32, 32, 3) and result.image_set.x_test.shape == (10_000, 32, 32, 3)
    assert result.image_set.class_names[3] == "cat" and result.skipped == ()
    assert np.bincount(result.image_set.y_train[:5_000]).min() > 400
