"""Draw something, see it as the network gets it, and what the network takes it for."""

import streamlit as st

from core.datasets.image_set import ImageSet
from core.drawing.ink import ink_from_canvas
from core.drawing.pipeline import PreparedDrawing, prepare_drawing
from core.drawing.style import DrawingStyle, style_for
from core.errors import DrawingError
from core.figures.samples import build_sample_grid, draw_sample_grid
from core.runs.record import RunRecord
from pages.components import answers, canvas, frame, gallery, runs, services
from pages.components.words import plain

# Pixels. The answer stands beside the canvas where there is room for it, else below.
PICTURE_WIDTH, CHART_WIDTH = 170, 290
WIDTH = PICTURE_WIDTH + CHART_WIDTH + 32


def render_reading(record: RunRecord, image_set: ImageSet, drawing: PreparedDrawing) -> None:
    """The image that the network gets, and its answer."""
    probabilities = services.compute().predict(record.id, drawing.image[None])[0]
    with st.container(horizontal=True, gap="medium"):
        picture, chart = st.container(width=PICTURE_WIDTH), st.container(width=CHART_WIDTH)
    with picture:
        st.caption("What the network gets")
        size = " x ".join(map(str, image_set.image_shape[:2]))
        # A grid of one: drawn in a tenth of the time that axes would take, and this is redrawn at each stroke.
        info = build_sample_grid(drawing.image[None], [size], columns=1, max_value=image_set.max_value)
        gallery.show_picture(draw_sample_grid(info, frame.figure_theme()), alt="The drawing as the network gets it.")
    with chart:
        st.caption("What it takes it for")
        answers.show_answer(probabilities, image_set.class_names, key="drawing_probabilities")


@st.fragment
@frame.guarded
def render_drawing(record: RunRecord, image_set: ImageSet, style: DrawingStyle) -> None:
    """Canvas and answer. A fragment, so that a stroke redraws nothing else."""
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=canvas.SIDE), st.container(width=WIDTH)
    with left:
        picture = canvas.draw_canvas(f"canvas_{record.id}")
    with right:
        if picture is None:
            st.info("Draw something on the black square. The answer appears here when you lift the pen.", icon=":material/draw:")
            return
        try:
            drawing = prepare_drawing(ink_from_canvas(picture), style, image_set.image_shape, image_set.max_value)
        except DrawingError as error:
            st.info(str(error), icon=":material/draw:")
            return
        render_reading(record, image_set, drawing)


frame.page_header("Draw", "Draw one of the things the network was trained on, and see what it takes it for.")
record = runs.pick_run()
if record is not None:
    image_set = services.catalog().load(record.spec.dataset)
    st.caption(plain(f"This network learned from {image_set.title}: {', '.join(image_set.class_names)}."))
    render_drawing(record, image_set, style_for(image_set))
