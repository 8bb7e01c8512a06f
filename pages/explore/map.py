"""A map of the images: what lies together, what lies apart, and what a network makes of it."""

from pages.components import datasets, frame, map_form, maps

frame.page_header(
    "Map",
    "Thousands of images at a glance: similar ones lie close together, so you see which classes are easily told apart and which are not.",
)
image_set = datasets.load_or_offer(datasets.pick_dataset())
if image_set is not None:
    choice = map_form.pick_map(image_set)
    if choice is not None:
        maps.render_maps(image_set, choice)
