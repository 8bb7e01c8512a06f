"""What a network makes of one image, layer by layer, and why."""

from pages.components import choices, frame, layers_part, one_image, one_number, runs

PARTS = {
    "Layers": layers_part.render_layers,
    "One number": one_number.render_one_number,
    "Evidence": one_image.render_evidence,
    "Smallest change": one_image.render_patch,
    "Nearest training images": one_image.render_nearest,
}

frame.page_header("One image", "What a network makes of one image, layer by layer, and why.")
record = runs.pick_run()
subject = one_image.choose_subject(record) if record is not None else None
if subject is not None:
    one_image.render_answer(subject)
    # One part at a time, so that nothing is worked out that nobody looks at.
    part = choices.choose(
        "Look behind the answer",
        PARTS,
        default="Layers",
        key="one_image_part",
        help="What every layer did, how one number comes about, which pixels count, and what would change the answer.",
    )
    one_image.in_fragment(PARTS[part], subject)
