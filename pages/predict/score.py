"""How well a network does on images it has never seen, and which ones it gets wrong."""

import streamlit as st

from core.datasets.image_set import ImageSet, Split
from core.figures.confusion import build_confusion, build_confusion_chart, confusion_table, describe_confusion
from core.figures.numbers import format_count, format_percent, format_range
from core.figures.samples import ImageInfo, draw_image, draw_sample_grid
from core.figures.verdicts import build_verdict_grid
from core.predictions.scores import Scores
from core.runs.record import RunRecord
from pages.components import answers, baselines, frame, gallery, runs, scoring
from pages.components.words import plain


def render_totals(scores: Scores) -> None:
    """Accuracy with its interval, and loss."""
    cells = [
        ("Test accuracy", format_percent(scores.accuracy)),
        ("95 % interval", format_range(*scores.accuracy_interval)),
        ("Test loss", f"{scores.loss:.4f}"),
    ]
    gallery.show_metrics(cells, width=130)
    st.caption(
        f"{format_count(scores.correct_count)} of {format_count(len(scores.labels))} test images are read right. "
        "Had other images of the same kind been tested, the accuracy would have come out a little different: "
        "the interval (Wilson's) says how much. Two networks whose intervals overlap widely may be equally good."
    )


def render_confusion(scores: Scores, image_set: ImageSet) -> None:
    """The confusion matrix, in colour and as a table."""
    st.subheader("What it takes for what", anchor=False)
    info = build_confusion(scores.confusion, image_set.class_names)
    sentence = describe_confusion(scores.confusion, image_set.class_names)
    gallery.show_chart(build_confusion_chart(info, frame.figure_theme()), key="confusion", alt=sentence)
    st.caption(
        f"{plain(sentence)} Each row holds the test images of one class, each column what they were read as; "
        "right answers lie on the diagonal. Look for strong cells away from it."
    )
    with st.expander("As a table"):
        st.dataframe(confusion_table(scores.confusion, image_set.class_names))


def render_grid(scores: Scores, image_set: ImageSet) -> None:
    """Test images with what they are and what they were taken for."""
    st.subheader("The images behind the numbers", anchor=False)
    indices, columns, sentence = gallery.pick_verdicts(scores)
    if not len(indices):
        st.caption("Not one test image was read wrong.")
        return
    info = build_verdict_grid(
        image_set.x_test[indices],
        scores.predicted[indices],
        scores.labels[indices],
        image_set.class_names,
        columns=columns,
        max_value=image_set.max_value,
    )
    alt = f"{len(indices)} test images of {image_set.title}, each with what it was read as and what it is."
    key = ("verdicts", image_set.sha256, tuple(indices.tolist()), tuple(scores.predicted[indices].tolist()), columns)
    gallery.show_figure(lambda: draw_sample_grid(info, frame.figure_theme()), key, name=f"{image_set.name}-verdicts", alt=alt)
    st.caption(f"{sentence} A tick marks a right answer, a cross a wrong one. Look for mistakes that you would make too.")


def render_one(scores: Scores, image_set: ImageSet) -> None:
    """One test image with its probabilities."""
    st.subheader("One test image", anchor=False)
    index = gallery.pick_index(len(scores.labels), key=f"score_index_{image_set.name}")
    label = image_set.class_names[scores.labels[index]]
    picture, chart = st.columns([2, 3], gap="large")
    with picture:
        info = ImageInfo(image_set.x_test[index], f"Test image {index}: {label}", image_set.max_value)
        alt = f"Test image {index} of {image_set.title}, labelled {label}."
        key = ("image", image_set.sha256, Split.TEST, index, "gray")
        gallery.show_figure(lambda: draw_image(info, frame.figure_theme()), key, name=f"{image_set.name}-test-{index}", alt=alt)
    with chart:
        remark = f"It is {label}. Look at how far the best is ahead of the next."
        answers.show_answer(scores.probabilities[index], image_set.class_names, key="probabilities", remark=remark)


def render(record: RunRecord) -> None:
    """The whole page for one run."""
    scored = scoring.find_scored(record, Split.TEST)
    if scored is None:
        return
    image_set, scores = scored.image_set, scored.scores
    render_totals(scores)
    baselines.render_test_baselines(record, image_set, scores)
    render_confusion(scores, image_set)
    render_grid(scores, image_set)
    render_one(scores, image_set)


frame.page_header("Score", "How well a network does on test images, which it has never seen, and which ones it gets wrong.")
record = runs.pick_run()
if record is not None:
    render(record)
