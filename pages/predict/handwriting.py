"""The drawings that somebody kept, as a test set of their own: who reads them, and who can be taught to."""

from core.drawing.reader import Reader
from pages.components import choices, frame, handwriting, handwriting_files, readers, services, teaching

PARTS = {
    "Drawings": handwriting.render_drawings,
    "By class": handwriting.render_classes,
    "Teach": teaching.render_teaching,
    "Files": handwriting_files.render_files,
}


def render(first: Reader, second: Reader | None) -> None:
    """One part at a time, so that nothing is worked out that nobody looks at."""
    handwriting.render_scores([first] if second is None else [first, second])
    part = choices.choose(
        "Part",
        PARTS,
        default="Drawings",
        key="handwriting_part",
        help="The drawings themselves, each class in numbers, teaching a network your hand, or saving and bringing drawings back.",
    )
    PARTS[part](first)


frame.page_header("My handwriting", "The drawings that you kept, as a test set of your own: who reads them, and who can be taught to?")
if services.drawings().count():
    render(*readers.pick_readers())
else:
    handwriting.render_empty()
    handwriting_files.render_files(None)
