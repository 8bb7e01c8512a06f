"""Strokes: read from what the canvas sends, painted again as it painted them, and followed on their way."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.drawing.ink import InkBox, ink_box
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch, Stroke
from core.drawing.strokes import MAX_MOMENTS, MAX_STROKES, cut_stroke, draw_strokes, prepare_moments, read_strokes, retrace
from core.drawing.style import DrawingStyle
from core.errors import DrawingError

RECORDED = json.loads(Path(__file__).with_name("canvas.json").read_text())
READER = Reader("run", "A run", "mnist", "", tuple("0123456789"), (28, 28), 255, DrawingStyle("mnist", 20 / 28))


def recorded_ink() -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(RECORDED["png"]))))


def line(*corners: tuple[float, float], width: float = 20) -> Stroke:
    return Stroke(np.array(corners, float), width)


def sketch(*strokes: Stroke) -> Sketch:
    return Sketch(draw_strokes(strokes, 280, 280), strokes)


def path(**changes: Any) -> dict[str, Any]:
    return {"type": "Path", "strokeWidth": 20, "path": [["M", 10, 10], ["L", 90, 90]]} | changes


def test_the_strokes_of_the_canvas_are_read_in_their_order() -> None:
    strokes = read_strokes(RECORDED["objects"])
    assert [stroke.width for stroke in strokes] == [20, 20, 20, 20]
    ends = [(stroke.points[0].round().tolist(), stroke.points[-1].round().tolist()) for stroke in strokes]
    assert ends == [([60, 60], [120, 230]), ([90, 150], [190, 150]), ([240, 240], [240, 240]), ([20, 200], [40, 260])]


def test_strokes_are_drawn_as_the_canvas_drew_them() -> None:
    wanted = recorded_ink()
    drawn = draw_strokes(read_strokes(RECORDED["objects"]), *wanted.shape)
    assert np.abs(drawn.astype(int) - wanted).mean() < 0.5
    np.testing.assert_allclose(ink_box(drawn), ink_box(wanted), atol=1)


def test_a_curve_is_followed_to_its_end_and_bends_towards_its_control_point() -> None:
    [stroke] = read_strokes([path(path=[["M", 0, 0], ["Q", 50, 100, 100, 0]])])
    assert stroke.points[-1].tolist() == [100, 0]
    # The middle of a quadratic curve is halfway between the middle of its ends and its control point.
    np.testing.assert_allclose(stroke.points[np.abs(stroke.points[:, 0] - 50).argmin()], [50, 50], atol=2)


@pytest.mark.parametrize(
    "thing",
    [
        None,
        "Path",
        {},
        path(type="Rect"),
        path(strokeWidth=0),
        path(strokeWidth=float("nan")),
        path(strokeWidth="20"),
        path(strokeWidth=1e9),
        path(path=[]),
        path(path="M 10 10"),
        path(path=[[]]),
        path(path=[["M", 10]]),
        path(path=[["M", 10, "10"]]),
        path(path=[["M", 10, float("inf")]]),
        path(path=[["M", 10, 1e9]]),
        path(path=[["M", 10, 10], ["Z"]]),
        path(path=[["M", 10, 10], [["L"], 20, 20]]),
    ],
)
def test_what_is_no_stroke_is_left_out(thing: Any) -> None:
    assert [stroke.points.tolist() for stroke in read_strokes([thing, path()])] == [[[10, 10], [90, 90]]]


def test_no_more_strokes_are_read_than_anybody_draws() -> None:
    assert len(read_strokes([path()] * (MAX_STROKES + 5))) == MAX_STROKES


def test_a_dot_is_a_disc_as_wide_as_the_pen() -> None:
    assert ink_box(draw_strokes([line((50, 40), width=20)], 80, 100)) == InkBox(30, 40, 50, 60)


def test_half_a_stroke_ends_halfway_along_it() -> None:
    half = cut_stroke(line((0, 0), (60, 0), (60, 40)), 0.5)
    assert half.points.tolist() == [[0, 0], [50, 0]]
    assert cut_stroke(line((0, 0), (60, 0)), 1.0).points[-1].tolist() == [60, 0]


def test_a_single_stroke_is_followed_in_tenths() -> None:
    one = sketch(line((60, 60), (200, 60), (120, 230)))
    moments = retrace(one)
    np.testing.assert_allclose([moment.strokes for moment in moments], np.arange(1, 11) / 10)
    inked = [int((moment.ink > 127).sum()) for moment in moments]
    assert inked == sorted(set(inked))
    assert moments[-1].ink is one.ink


def test_of_several_strokes_each_is_followed_in_fewer_parts() -> None:
    strokes = [line((20 + 30 * place, 40), (20 + 30 * place, 240), width=10) for place in range(6)]
    assert [moment.strokes for moment in retrace(sketch(*strokes[:2]))] == [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]
    assert [moment.strokes for moment in retrace(sketch(*strokes))] == [1, 2, 3, 4, 5, 6]


def test_a_dot_has_no_way_to_be_followed_on() -> None:
    assert [moment.strokes for moment in retrace(sketch(line((60, 60), (61, 60))))] == [1.0]


def test_of_very_many_strokes_some_are_left_out_but_never_the_last() -> None:
    strokes = [line((place, 40), (place, 90), width=4) for place in range(150)]
    moments = retrace(sketch(*strokes))
    assert len(moments) <= MAX_MOMENTS and moments[0].strokes == 1 and moments[-1].strokes == 150


def test_ink_that_was_made_softer_is_soft_at_every_moment() -> None:
    hard = sketch(line((60, 60), (200, 200)))
    soft = Sketch(hard.ink // 2, hard.strokes)
    assert max(int(moment.ink.max()) for moment in retrace(soft)) == 127


def test_a_picture_has_no_moments() -> None:
    assert retrace(Sketch(np.full((28, 28), 255, np.uint8))) == ()


def test_each_moment_is_prepared_as_a_drawing_of_its_own() -> None:
    one = sketch(line((60, 60), (200, 60)), line((130, 60), (130, 240)))
    strokes, images = prepare_moments(READER, one)
    assert len(strokes) == len(images) == 10 and images.shape[1:] == (28, 28) and images.dtype == np.uint8
    np.testing.assert_array_equal(images[-1], READER.prepare(one).image)
    np.testing.assert_array_equal(images[4], READER.prepare(sketch(one.strokes[0])).image)


def test_moments_with_too_little_ink_are_left_out() -> None:
    strokes, images = prepare_moments(READER, sketch(line((60, 60), (60, 75), width=1)))
    assert 0 < len(strokes) == len(images) < 10 and strokes[-1] == 1
    with pytest.raises(DrawingError, match="Draw one large figure"):
        prepare_moments(READER, sketch(line((60, 60), (60, 62), width=1)))
