"""One picture file on its way to a network: what people upload, and what nobody should."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.datasets.single_image import MAX_FILE_BYTES, SingleImage, read_single_image
from core.errors import DatasetError


def packed(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def figure(paper: int, ink: int, size: tuple[int, int] = (40, 40)) -> Image.Image:
    """An upright bar left of the middle."""
    pixels = np.full((size[1], size[0]), paper, np.uint8)
    pixels[8:32, 10:16] = ink
    return Image.fromarray(pixels)


def read(
    data: bytes, shape: tuple[int, ...] = (28, 28), most: int = 255, *, light: bool = False, invert: bool | None = None
) -> SingleImage:
    return read_single_image(data, shape, most, has_light_paper=light, invert=invert)


def huge_png(side: int) -> bytes:
    """A PNG of a few bytes that would unpack to billions of pixels."""
    header = struct.pack(">II5B", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    )


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (32, 32, 3), (12, 20), (20, 12, 3)])
@pytest.mark.parametrize("size", [(40, 40), (60, 40), (40, 300), (1, 1), (5, 3)])
def test_whatever_its_size_it_gets_the_shape_that_the_network_reads(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    found = read(packed(Image.new("RGB", size, (200, 30, 90))), shape, 16)
    assert (found.image.shape, found.image.dtype, found.size) == (shape, np.uint8, size)
    assert found.image.max() <= 16


def test_the_brightest_pixel_is_the_brightest_of_the_set() -> None:
    assert read(packed(figure(0, 255)), (8, 8), 16).image.max() == 16
    assert read(packed(figure(0, 255)), (40, 40)).image.max() == 255


def test_dark_ink_on_light_paper_is_exchanged_for_a_set_of_light_on_dark_and_nothing_else_is() -> None:
    exchanged, kept = read(packed(figure(255, 0))), read(packed(figure(0, 255)))
    assert (exchanged.is_inverted, kept.is_inverted) == (True, False)
    np.testing.assert_array_equal(exchanged.image, kept.image)
    assert not read(packed(figure(255, 0)), light=True).is_inverted
    assert read(packed(figure(0, 255)), light=True).is_inverted
    assert not read(packed(figure(255, 0)), (32, 32, 3)).is_inverted


def test_whoever_knows_better_than_the_guess_is_heard() -> None:
    kept = read(packed(figure(255, 0)), (40, 40), invert=False)
    assert not kept.is_inverted and kept.image[0, 0] == 255
    assert read(packed(figure(0, 255)), (40, 40), invert=True).image[0, 0] == 255


def test_a_long_picture_is_whole_and_in_the_middle() -> None:
    tall = np.zeros((40, 20), np.uint8)
    tall[:4], tall[-4:] = 255, 255
    image = read(packed(Image.fromarray(tall)), (20, 20), invert=False).image
    assert image[0, 5:15].min() > 100 and image[-1, 5:15].min() > 100
    # Into a wide frame it goes upright, as high as the frame.
    wide = read(packed(Image.fromarray(tall)), (10, 30), invert=False).image
    assert wide[:, 14:16].max() > 100
    assert wide.shape == (10, 30)


def test_transparent_pictures_are_laid_on_white() -> None:
    pixels = np.zeros((30, 30, 4), np.uint8)
    pixels[10:20, 10:20, 3] = 255
    found = read(packed(Image.fromarray(pixels)))
    assert found.is_inverted and found.image[14, 14] == 255 and found.image[0, 0] == 0
    assert found.notes == ("Partly see-through: put on white.",)


def test_sixteen_bits_become_eight() -> None:
    deep = np.full((28, 28), 257 * 100, np.uint16)
    found = read(packed(Image.fromarray(deep)), invert=False)
    assert (found.image == 100).all()
    assert "16 bits" in found.notes[0]


def test_of_an_animation_the_first_frame_is_read() -> None:
    first, second = Image.new("L", (28, 28), 0), Image.new("L", (28, 28), 255)
    found = read(packed(first, "GIF", save_all=True, append_images=[second]))
    assert not found.image.any()
    assert "first frame" in found.notes[0]


def test_a_camera_s_rotation_mark_is_obeyed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.zeros((40, 60), np.uint8)
    lying[:, :10] = 255
    found = read(packed(Image.fromarray(lying), "JPEG", exif=exif), (60, 60), invert=False)
    assert found.size == (40, 60)
    # What was at the left is on top once it is turned.
    assert found.image[:5, 20:40].mean() > 200 and found.image[20:, 20:40].mean() < 30
    assert found.preview.shape == (60, 40)


def test_the_preview_is_small_and_shows_what_came() -> None:
    found = read(packed(Image.new("RGB", (2000, 1000), (10, 200, 30))))
    assert found.preview.shape == (128, 256, 3)
    assert tuple(found.preview[5, 5]) == (10, 200, 30)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"<svg/>", packed(figure(0, 255))[:60], b"PK\x03\x04" + bytes(50), b"%PDF-1.7"])
def test_what_is_no_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(DatasetError, match="Expected an undamaged PNG, JPEG, GIF, BMP, WebP, TIFF or PGM picture"):
        read(data)


def test_a_bomb_is_never_unpacked() -> None:
    with pytest.raises(DatasetError, match="the most that are unpacked"):
        read(huge_png(60_000))


def test_a_file_of_endless_bytes_is_refused() -> None:
    with pytest.raises(DatasetError, match="Make the picture smaller"):
        read(bytes(MAX_FILE_BYTES + 1))
