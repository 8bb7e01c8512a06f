"""Ink from canvases and picture files, and the box around it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.drawing.ink import NO_DRAWING, Ink, InkBox, crop_to_ink, find_ink, flatten, ink_box, ink_from_canvas
from core.drawing.picture import MAX_PICTURE_PIXELS, open_picture
from core.errors import DrawingError


def saved(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def ink_from_picture(source: bytes | Path) -> Ink:
    return find_ink(flatten(open_picture(source)))


def paper_with_bar(paper: int = 255, ink: int = 0) -> NDArray[np.uint8]:
    page = np.full((60, 50), paper, dtype=np.uint8)
    page[20:40, 10:20] = ink
    return page


def test_a_white_pen_on_black_is_ink_in_each_layout_of_a_canvas() -> None:
    grey = paper_with_bar(0, 255)
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    for pixels in (grey, np.dstack([grey, grey, grey]), opaque):
        np.testing.assert_array_equal(ink_from_canvas(pixels), grey)


def test_transparent_parts_of_a_canvas_are_black() -> None:
    white = np.full((60, 50, 4), 255, dtype=np.uint8)
    white[..., 3] = paper_with_bar(0, 255)
    np.testing.assert_array_equal(ink_from_canvas(white), paper_with_bar(0, 255))


@pytest.mark.parametrize("pixels", [np.zeros((5, 5, 2), np.uint8), np.zeros((5, 5)), np.zeros((0, 5), np.uint8), np.zeros(5, np.uint8)])
def test_a_canvas_of_another_layout_is_refused_with_its_shape(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(DrawingError, match="expected uint8 pixels"):
        ink_from_canvas(pixels)


def test_the_box_ends_where_the_ink_ends() -> None:
    ink = paper_with_bar(0, 255)
    box, inside = crop_to_ink(ink)
    assert box == InkBox(20, 10, 40, 20)
    assert (box.height, box.width) == inside.shape == (20, 10)


def test_the_soft_edge_of_a_stroke_does_not_widen_the_box() -> None:
    ink = paper_with_bar(0, 255)
    ink[19] = 40
    assert ink_box(ink) == InkBox(20, 10, 40, 20)


@pytest.mark.parametrize("dots", [0, 1, 5])
def test_an_empty_canvas_or_a_few_dots_ask_for_a_drawing(dots: int) -> None:
    ink = np.zeros((280, 280), dtype=np.uint8)
    ink[100, 100 : 100 + dots] = 255
    assert ink_box(ink) is None
    with pytest.raises(DrawingError) as caught:
        crop_to_ink(ink)
    assert str(caught.value) == NO_DRAWING


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 60), (30, 120)])
def test_ink_is_what_differs_from_the_paper_whichever_is_darker(file_format: str, paper: int, ink: int) -> None:
    found = ink_from_picture(saved(Image.fromarray(paper_with_bar(paper, ink)), file_format))
    assert found[30, 15] > 225
    assert found[5, 5] < 15
    assert found[30, 40] < 15


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(saved(Image.fromarray(paper_with_bar())))
    assert ink_box(ink_from_picture(path)) == InkBox(20, 10, 40, 20)


def test_the_grain_of_photographed_paper_is_not_ink() -> None:
    rng = np.random.default_rng(1)
    page = np.clip(paper_with_bar(180, 40) + rng.normal(0, 4, (60, 50)), 0, 255).astype(np.uint8)
    assert ink_box(ink_from_picture(saved(Image.fromarray(page)))) == InkBox(20, 10, 40, 20)


def test_dark_ink_on_a_transparent_ground_is_read_as_on_white() -> None:
    grey = np.zeros((60, 50), dtype=np.uint8)
    pixels = np.dstack([grey, grey, grey, paper_with_bar(0, 255)])
    np.testing.assert_array_equal(ink_from_picture(saved(Image.fromarray(pixels, "RGBA"))), paper_with_bar(0, 255))


def test_light_ink_on_a_transparent_ground_is_read_as_on_black() -> None:
    white = np.full((60, 50), 255, dtype=np.uint8)
    pixels = np.dstack([white, white, white, paper_with_bar(0, 255)])
    np.testing.assert_array_equal(ink_from_picture(saved(Image.fromarray(pixels, "RGBA"))), paper_with_bar(0, 255))


def test_a_camera_s_rotation_mark_is_obeyed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn by a quarter to the right to see it upright.
    found = ink_from_picture(saved(Image.fromarray(paper_with_bar()), "JPEG", exif=exif, quality=95))
    assert found.shape == (50, 60)
    assert ink_box(found) == InkBox(10, 20, 20, 40)


def test_a_picture_without_ink_is_refused() -> None:
    with pytest.raises(DrawingError, match="no ink"):
        ink_from_picture(saved(Image.new("L", (40, 40), 200)))


def test_a_picture_over_the_limit_is_refused_before_it_is_unpacked() -> None:
    side = int(MAX_PICTURE_PIXELS**0.5) + 100
    with pytest.raises(DrawingError, match=f"at most {MAX_PICTURE_PIXELS:,}"):
        ink_from_picture(saved(Image.new("1", (side, side))))


def test_a_picture_that_pillow_takes_for_an_attack_is_refused() -> None:
    bomb = bytearray(saved(Image.new("1", (8, 8)), "BMP"))
    bomb[18:26] = (60_000).to_bytes(4, "little") * 2
    with pytest.raises(DrawingError, match="far too many pixels"):
        ink_from_picture(bytes(bomb))


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "what.png"
    path.write_bytes(content)
    for source in (content, path):
        with pytest.raises(DrawingError, match="expected an undamaged file"):
            ink_from_picture(source)


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match="There is no file"):
        ink_from_picture(tmp_path / "none.png")
    with pytest.raises(DrawingError, match="can't be read"):
        ink_from_picture(tmp_path)


def test_damaged_pictures_never_raise_anything_else() -> None:
    rng = np.random.default_rng(2)
    for file_format in ("PNG", "JPEG", "BMP", "GIF", "WEBP"):
        sound = saved(Image.fromarray(paper_with_bar()).convert("RGB"), file_format)
        for _ in range(60):
            damaged = bytearray(sound[: rng.integers(1, len(sound) + 1)])
            for place in rng.integers(0, len(damaged), 4):
                damaged[place] = rng.integers(0, 256)
            try:
                ink_from_picture(bytes(damaged))
            except DrawingError as error:
                assert "expected" in str(error) or "no ink" in str(error)
