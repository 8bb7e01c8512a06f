"""From picture files as people have them to pixels of one size."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.datasets.image_set import Images
from core.datasets.importing.options import Colour, Fit
from core.datasets.importing.pictures import MAX_PICTURE_PIXELS, UnreadablePicture, decode_picture, fit_picture


def packed(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that states its size truthfully and has no pixels."""
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    )


SLOPE = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
COLOURS = np.stack([SLOPE, SLOPE[::-1], SLOPE.T], axis=-1)


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "JPEG", "WEBP"])
def test_every_format_is_read_in_grey_and_in_colour(form: str) -> None:
    exact = {"lossless": True} if form == "WEBP" else {"quality": 100} if form == "JPEG" else {}
    grey = decode_picture(packed(Image.fromarray(SLOPE), form, **exact))
    np.testing.assert_allclose(grey.pixels.astype(int), SLOPE, atol=3 if form == "JPEG" else 0)
    red = decode_picture(packed(Image.new("RGB", (6, 4), (250, 10, 10)), form, **exact))
    assert red.size == (6, 4)
    np.testing.assert_allclose(red.pixels.astype(int), np.full((4, 6, 3), (250, 10, 10)), atol=3 if form == "JPEG" else 0)


def test_colour_files_without_any_colour_are_grey_pictures() -> None:
    decoded = decode_picture(packed(Image.fromarray(SLOPE).convert("RGB")))
    assert decoded.is_grey
    np.testing.assert_array_equal(decoded.pixels, SLOPE)


def test_palettes_and_single_bits_become_ordinary_pixels() -> None:
    palette = Image.fromarray(COLOURS).quantize(16)
    np.testing.assert_array_equal(decode_picture(packed(palette)).pixels, np.asarray(palette.convert("RGB")))
    bits = Image.fromarray((SLOPE > 100).astype(np.uint8) * 255).convert("1")
    np.testing.assert_array_equal(decode_picture(packed(bits)).pixels, (SLOPE > 100) * np.uint8(255))


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    deep = decode_picture(packed(Image.fromarray(np.array([[0, 257, 32_896, 65_535]], dtype=np.uint16))))
    assert deep.is_16_bit
    assert deep.pixels.tolist() == [[0, 1, 128, 255]]


def test_transparent_pixels_are_put_on_white() -> None:
    pixels = np.array([[[0, 0, 200, 255], [0, 0, 200, 0], [0, 0, 0, 128]]], dtype=np.uint8)
    decoded = decode_picture(packed(Image.fromarray(pixels)))
    assert decoded.ground == 255
    assert decoded.pixels.tolist() == [[[0, 0, 200], [255, 255, 255], [127, 127, 127]]]


def test_a_transparent_colour_of_a_palette_is_put_on_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putdata([0, 1])
    decoded = decode_picture(packed(palette, transparency=1))
    assert (decoded.ground, decoded.pixels.tolist()) == (255, [[[10, 20, 30], [255, 255, 255]]])


def test_an_opaque_alpha_channel_is_no_transparency() -> None:
    decoded = decode_picture(packed(Image.new("RGBA", (5, 4), (1, 2, 3, 255))))
    assert (decoded.ground, decoded.pixels[0, 0].tolist()) == (None, [1, 2, 3])


def test_cmyk_becomes_red_green_and_blue() -> None:
    decoded = decode_picture(packed(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    red, green, blue = decoded.pixels[4, 4].tolist()
    assert red > 250 and green < 5 and blue < 5


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_cameras_orientation_is_obeyed(form: str) -> None:
    pixels = np.zeros((20, 40), dtype=np.uint8)
    pixels[:, :20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright: turn by a quarter, clockwise.
    decoded = decode_picture(packed(Image.fromarray(pixels), form, exif=exif))
    assert decoded.size == (20, 40)
    assert decoded.pixels.shape == (40, 20)
    assert decoded.pixels[:18].min() > 200 and decoded.pixels[22:].max() < 50


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(form: str) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("black", "white")]
    exact = {"lossless": True} if form == "WEBP" else {}
    decoded = decode_picture(packed(frames[0], form, save_all=True, append_images=frames[1:], **exact))
    assert (decoded.is_animated, decoded.pixels.max()) == (True, 0)


def test_a_picture_of_one_pixel_is_a_picture() -> None:
    assert decode_picture(packed(Image.new("L", (1, 1), 7)), at_least=28).pixels.tolist() == [[7]]


@pytest.mark.parametrize("side", [7_072, 20_000, 60_000])
def test_a_picture_with_too_many_pixels_is_told_by_its_header(side: int) -> None:
    with pytest.raises(UnreadablePicture, match=f"more than {MAX_PICTURE_PIXELS:,} pixels"):
        decode_picture(png_header(side, side))


@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [(5_001, 5_000, "25,005,000 pixels; expected at most 25,000,000"), (1, 30_001, "30,001 pixels long or wide")],
)
def test_what_can_not_be_decoded_in_part_may_be_no_larger_than_a_second_of_work(width: int, height: int, reason: str) -> None:
    with pytest.raises(UnreadablePicture, match=reason):
        decode_picture(png_header(width, height), at_least=28)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG"),
        (b"I am text", "not a PNG"),
        (packed(Image.fromarray(COLOURS), "ICO"), "not a PNG"),
        (packed(Image.effect_noise((64, 64), 50), "JPEG")[:600], "damaged"),
        (packed(Image.effect_noise((64, 64), 50), "PNG")[:600], "damaged"),
        (png_header(8, 8), "damaged"),
    ],
)
def test_what_can_not_be_decoded_comes_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePicture, match=reason):
        decode_picture(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_large_picture_is_decoded_no_larger_than_needed_and_looks_the_same(form: str) -> None:
    wave = (np.sin(np.linspace(0, 12, 1200))[:, None] * np.cos(np.linspace(0, 9, 900)) * 120 + 128).astype(np.uint8)
    data = packed(Image.fromarray(wave), form)
    small = decode_picture(data, at_least=28)
    assert small.size == (900, 1200)
    assert max(small.pixels.shape) < 400
    fitted = [fit_picture(decoded.pixels, 28, Fit.STRETCH, Colour.GREY).astype(int) for decoded in (small, decode_picture(data))]
    assert np.abs(fitted[0] - fitted[1]).max() <= 8


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "GIF", "BMP", "JPEG", "WEBP"]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_damage_gives_pixels_or_a_reason_and_nothing_else(form: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(packed(Image.fromarray(COLOURS), form))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        decoded = decode_picture(bytes(data), at_least=4)
    except UnreadablePicture as error:
        assert str(error).endswith(".")
    else:
        assert decoded.pixels.dtype == np.uint8 and decoded.pixels.ndim in (2, 3)


@pytest.mark.parametrize("pixels", [SLOPE, COLOURS])
def test_a_picture_that_is_right_already_stays_bit_for_bit(pixels: Images) -> None:
    colour = Colour.GREY if pixels.ndim == 2 else Colour.COLOUR
    for size, fit in ((None, Fit.FIT), (8, Fit.FIT), (8, Fit.CROP), (8, Fit.STRETCH)):
        np.testing.assert_array_equal(fit_picture(pixels, size, fit, colour), pixels)


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("colour", Colour)
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3, 3), (40, 28, 3)])
def test_every_picture_gets_the_size_and_the_colours_asked_for(fit: Fit, colour: Colour, shape: tuple[int, ...]) -> None:
    fitted = fit_picture(np.full(shape, 90, dtype=np.uint8), 28, fit, colour)
    assert fitted.dtype == np.uint8
    assert fitted.shape == ((28, 28) if colour == Colour.GREY else (28, 28, 3))
    assert set(np.unique(fitted)) == {90}


def test_fit_shows_all_of_it_with_margins_of_its_own_edge_colour() -> None:
    pixels = np.full((20, 40), 200, dtype=np.uint8)
    pixels[5:15, 10:30] = 0
    fitted = fit_picture(pixels, 20, Fit.FIT, Colour.GREY)
    assert set(np.unique(fitted[[0, 1, 2, -3, -2, -1]])) == {200}
    assert fitted[10, 10] < 10 and fitted[10, 1] > 180


def test_crop_cuts_the_middle_out() -> None:
    pixels = np.zeros((8, 24), dtype=np.uint8)
    pixels[:, 8:16] = SLOPE
    np.testing.assert_array_equal(fit_picture(pixels, 8, Fit.CROP, Colour.GREY), SLOPE)


def test_stretch_takes_no_notice_of_the_shape() -> None:
    pixels = np.zeros((10, 40), dtype=np.uint8)
    pixels[:, 20:] = 255
    fitted = fit_picture(pixels, 10, Fit.STRETCH, Colour.GREY)
    assert fitted[:, :4].max() < 20 and fitted[:, 6:].min() > 235


def test_grey_weighs_the_colours_as_the_eye_does() -> None:
    primary = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
    assert fit_picture(primary, None, Fit.FIT, Colour.GREY).tolist() == [[76, 150, 29]]
    assert fit_picture(SLOPE, None, Fit.FIT, Colour.COLOUR).shape == (8, 8, 3)


def test_a_jpeg_of_hundreds_of_passes_is_not_unpacked() -> None:
    data = packed(Image.fromarray(SLOPE), "JPEG", progressive=True)
    scan = data[data.rfind(b"\xff\xda") : -2]
    assert decode_picture(data[:-2] + scan * 20 + b"\xff\xd9").size == (8, 8)
    with pytest.raises(UnreadablePicture, match="passes; expected at most 100"):
        decode_picture(data[:-2] + scan * 200 + b"\xff\xd9")
