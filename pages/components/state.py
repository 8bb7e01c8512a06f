"""What a session remembers, by name. The only file that names session keys and address parameters.

A session holds ids and plain values alone: what they stand for lives in the services, shared by all visitors.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.datasets.image_set import Split
from core.datasets.importing.options import ImportOptions
from core.networks.augmentation import Augmentation
from core.networks.layers import LAYERS
from core.networks.plan import NEEDS_IMAGE
from core.networks.recipes import DEFAULT_RECIPE, RECIPES
from core.networks.relevance import has_effect
from core.networks.spec import TrainingSpec, renew
from core.predictions.perturbations import PERTURBATIONS

LAYER_KIND = "layer_kind"
GRID_SEED = "grid_seed"
IMAGE_SPLIT = "image_split"
BUDGET = "budget"
RUN_PARAMETER = "run"
SECOND_RUN_PARAMETER = "second"
SPLIT_PARAMETER = "split"
IMAGE_PARAMETER = "image"
ONE_IMAGE_SOURCE = "one_image_source"
ONE_IMAGE_SPLIT = "one_image_split"
STATISTICS_PART = "part"
SCORE_PART = "view"
SCORED_IMAGES = "scored_images"
RUN_PICKER = "run_picker"
SECOND_RUN_PICKER = "second_run_picker"
READER_PICKER = "reader_picker"
DRAW_CANVAS = "canvas"
DRAW_WAY = "draw_way"
HANDWRITING_CLASS = "handwriting_class"
PEN_WIDTH = "pen_width"
PEN_SOFTNESS = "pen_softness"
_DATASET = "dataset"
_RECIPE_CHOICE = "recipe_choice"
_CURRENT_RUN = "current_run"
_SECOND_RUN = "second_run"
_LAYERS = "draft_layers"
_NEXT_LAYER = "draft_next_layer"
_RECIPE = "draft_recipe"
_SETTLED_RECIPE = "settled_recipe"
_SETTLED_OPTIMISER = "settled_optimiser"
_PREVIEW_SEED = "preview_seed"
_LAST_MEASURED = "last_measured"
_IMPORT = "import"
_IMPORT_OUTCOME = "import_outcome"
_IMPORT_FORM = "import_form"
_UPLOADS = "uploads"
_REFUSED_UPLOADS = "refused_uploads"
_MAP_IMAGE = "map_image"
_IN_HAND = "set_in_hand"
_CHOSEN_RUNS = "chosen_runs"
_RUNS_QUESTION = "runs_question"
_DRAWING = "last_drawing"
_SHEETS = "sheets"
_CELLS = "grid_cells"
_PASTED = "pasted_picture"
_READER = "reader"
_JUST_KEPT = "just_kept"
_CHOSEN_DRAWING = "chosen_drawing"
_DRAWINGS_QUESTION = "drawings_question"
_GLIMPSED = "glimpsed"
_IMAGE_BEHIND = "image_behind"
_TURNS = "page_turns"
_LAST_CLICK = "last_click"
_PAGE = "page"
_VISIT = "visit"
_NOTED = "noted"
_TIMES_RENEWED = "times_renewed"

_HELD, _HELD_ON = " held", " held on"

_ECHO_SECONDS = 0.5

DRAWING_PART = "drawing"
PARTS = ("draft", "dataset", "import", DRAWING_PART)
"""What outlives a session, in parts that change together and so are kept together."""

Choice = TypeVar("Choice")

_NESTED = ("augmentation", "hidden")
_DRAFT_FIELDS = tuple(name for name in TrainingSpec.model_fields if name not in ("version", "recipe", "dataset", *_NESTED))

_ROW_MAKERS = ("dense", "flatten", "global_average_pooling2d")
"""Kinds of layers after which there is no image any more."""


def _widget_key(name: str) -> str:
    """The key of the widget that goes by this name at the moment."""
    times = st.session_state.get(_TIMES_RENEWED, {}).get(name, 0)
    return f"{name}_{times}" if times else name


def _renew(name: str) -> None:
    """Let another widget go by this name: what a browser still has of the one before is nobody's any more."""
    times = st.session_state.get(_TIMES_RENEWED, {})
    st.session_state[_TIMES_RENEWED] = times | {name: times.get(name, 0) + 1}


def _fill(name: str, value: Any) -> None:
    """Give a field a value as a new widget, unless it has it already.

    A run that is broken off may never tell the browser. What that then sends is the old widget's value, and would win over
    the new one if the key were the same.
    """
    key = _widget_key(name)
    if key in st.session_state and st.session_state[key] != value:
        del st.session_state[key]
        _renew(name)
    # Also where it has it: on another page the browser has a widget of that name that was never told.
    st.session_state[_widget_key(name)] = value


def _draft_name(field: str) -> str:
    return f"draft_{field}"


def draft_key(field: str) -> str:
    """The widget key of a spec field in the draft; those of the augmentation are called such as `augmentation.shift`."""
    return _widget_key(_draft_name(field))


def layer_key(layer: int, field: str) -> str:
    """The widget key of one field of one hidden layer in the draft. `layer` is an id, not a position."""
    return f"draft_layer_{layer}_{field}"


def ensure_draft() -> None:
    """Give a new session a draft to start from."""
    if _LAYERS not in st.session_state:
        load_draft(RECIPES[DEFAULT_RECIPE].spec, keep_dataset=dataset_key() in st.session_state)


def load_draft(spec: TrainingSpec, *, keep_dataset: bool = False, choice: str | None = None) -> None:
    """Put these settings into the form; only before its widgets are drawn, or in a callback.

    `choice` is what the recipe picker shows then; by default the spec's own recipe, or nothing.
    """
    spec = renew(spec)
    for layer in layers():
        remove_layer(layer)
    st.session_state[_RECIPE] = spec.recipe
    choose_recipe(choice or (spec.recipe if spec.recipe in RECIPES else None))
    if not keep_dataset:
        choose_dataset(spec.dataset)
    for field in _DRAFT_FIELDS:
        set_draft_value(field, getattr(spec, field))
    for field in Augmentation.model_fields:
        set_draft_value(f"augmentation.{field}", getattr(spec.augmentation, field))
    st.session_state[_LAYERS] = []
    for layer in spec.hidden:
        _insert_layer(layer.model_dump(), len(layers()))
    settle_optimiser()
    # Last: whatever breaks this off half-way, the form counts as filled only now.
    settle_recipe()


def is_recipe_settled() -> bool:
    """Whether the form has been filled with what the recipe picker shows."""
    return bool(recipe_choice() == st.session_state.get(_SETTLED_RECIPE))


def settle_recipe() -> None:
    """The form has been filled with what the recipe picker shows."""
    st.session_state[_SETTLED_RECIPE] = recipe_choice()


def is_optimiser_settled() -> bool:
    """Whether the settings that go with the optimiser have been chosen for this one."""
    return bool(draft_value("optimiser") == st.session_state.get(_SETTLED_OPTIMISER))


def settle_optimiser() -> None:
    """The settings that go with the optimiser have been chosen."""
    st.session_state[_SETTLED_OPTIMISER] = draft_value("optimiser")


def draft() -> dict[str, Any]:
    """The form's settings as `core.networks.spec.read_spec` takes them, unchecked.

    What is without effect beside the other choices, and so not on the form, is left at its default.
    """
    chosen = {field: draft_value(field) for field in _DRAFT_FIELDS}
    values = {field: value if has_effect(field, chosen) else _default(field) for field, value in chosen.items()}
    augmentation = {field: draft_value(f"augmentation.{field}") for field in Augmentation.model_fields}
    values |= {"dataset": dataset(), "augmentation": augmentation, "hidden": [layer_values(layer) for layer in layers()]}
    return values | {"recipe": _matching_recipe(values)}


def draft_value(field: str) -> Any:
    """One setting of the draft."""
    return st.session_state.get(draft_key(field), _default(field))


def set_draft_value(field: str, value: Any) -> None:
    """Change one setting of the draft; only before its widget is drawn, or in a callback."""
    _fill(_draft_name(field), value)


def _default(field: str) -> Any:
    group, _, name = field.rpartition(".")
    return (Augmentation if group else TrainingSpec).model_fields[name].default


def _matching_recipe(values: Mapping[str, Any]) -> str | None:
    """The recipe's name while nothing has been changed, so that no run carries a name it does not deserve."""
    name = st.session_state.get(_RECIPE)
    if name not in RECIPES:
        return None
    recipe = RECIPES[name].spec.model_dump(mode="json")
    return name if all(recipe[field] == value for field, value in values.items()) else None


def recipe_key() -> str:
    """The widget key of the recipe picker."""
    return _widget_key(_RECIPE_CHOICE)


def recipe_choice() -> str | None:
    """The name in the recipe picker; None while the settings came from elsewhere."""
    return st.session_state.get(recipe_key(), DEFAULT_RECIPE)


def choose_recipe(name: str | None) -> None:
    """Show this name in the recipe picker; only before it is drawn, or in a callback."""
    _fill(_RECIPE_CHOICE, name)


def layers() -> list[int]:
    """The ids of the draft's hidden layers, in order."""
    return list(st.session_state.get(_LAYERS, []))


def layer_kind(layer: int) -> str:
    """What kind of layer it is, a key of `LAYERS`."""
    return str(st.session_state[layer_key(layer, "kind")])


def layer_values(layer: int) -> dict[str, Any]:
    """The settings of one hidden layer in the draft, its kind among them."""
    return {field: st.session_state[layer_key(layer, field)] for field in LAYERS[layer_kind(layer)].model_fields}


def add_layer() -> None:
    """Add a layer of the kind in the picker: a copy of the last of its kind.

    It comes last; one that needs an image comes before the first layer that leaves none.
    """
    kind = st.session_state.get(LAYER_KIND, next(iter(LAYERS)))
    alike = [layer for layer in layers() if layer_kind(layer) == kind]
    values = layer_values(alike[-1]) if alike else LAYERS[kind]().model_dump()
    rows = [place for place, layer in enumerate(layers()) if layer_kind(layer) in _ROW_MAKERS]
    _insert_layer(values, rows[0] if rows and kind in NEEDS_IMAGE else len(layers()))


def _insert_layer(values: Mapping[str, Any], place: int) -> None:
    layer = st.session_state.get(_NEXT_LAYER, 0)
    st.session_state[_NEXT_LAYER] = layer + 1
    for field, value in values.items():
        st.session_state[layer_key(layer, field)] = value
    order = layers()
    order.insert(place, layer)
    st.session_state[_LAYERS] = order


def remove_layer(layer: int) -> None:
    """Take a hidden layer out of the draft."""
    for field in layer_values(layer):
        st.session_state.pop(layer_key(layer, field), None)
    st.session_state[_LAYERS] = [other for other in layers() if other != layer]


def move_layer(layer: int, places: int) -> None:
    """Move a hidden layer towards the output (positive) or the image (negative)."""
    order = layers()
    position = order.index(layer)
    target = min(max(position + places, 0), len(order) - 1)
    order.insert(target, order.pop(position))
    st.session_state[_LAYERS] = order


def preview_seed() -> int:
    """What the preview of the augmentation is drawn with."""
    return int(st.session_state.get(_PREVIEW_SEED, 0))


def preview_others() -> None:
    """Other images and other amounts in the preview of the augmentation."""
    st.session_state[_PREVIEW_SEED] = preview_seed() + 1


def last_measured() -> tuple[str, float]:
    """The training whose speed this session had measured last, and when, in seconds since 1970."""
    measured: tuple[str, float] = st.session_state.get(_LAST_MEASURED, ("", 0.0))
    return measured


def note_measuring(training: str, moment: float) -> None:
    """This training's speed is being measured."""
    st.session_state[_LAST_MEASURED] = (training, moment)


def forget_budget() -> None:
    """Be in no hurry any more; only before the choice is drawn, or in a callback."""
    st.session_state.pop(BUDGET, None)


def dataset_key() -> str:
    """The widget key of the picker for the data set, on all pages."""
    return _widget_key(_DATASET)


def dataset() -> str:
    """The data set chosen for all pages."""
    return str(st.session_state.get(dataset_key(), RECIPES[DEFAULT_RECIPE].spec.dataset))


def choose_dataset(name: str) -> None:
    """Choose a data set for all pages."""
    _fill(_DATASET, name)


def current_run() -> str | None:
    """The run in the page's address; failing that, the one this session looked at last."""
    return st.query_params.get(RUN_PARAMETER) or st.session_state.get(_CURRENT_RUN)


def choose_run(run_id: str | None) -> None:
    """Put a run into the address, so that a reload finds it again, and remember it for the other pages."""
    if run_id is None:
        st.session_state.pop(_CURRENT_RUN, None)
        st.query_params.pop(RUN_PARAMETER, None)
        return
    st.session_state[_CURRENT_RUN] = run_id
    if st.query_params.get(RUN_PARAMETER) != run_id:
        st.query_params[RUN_PARAMETER] = run_id


def current_reader() -> str | None:
    """The network that reads drawings: the run in the page's address; failing that, what was chosen last; None before any choice."""
    return st.query_params.get(RUN_PARAMETER) or st.session_state.get(_READER)


def choose_reader(reader_id: str, *, is_run: bool) -> None:
    """Let this network read drawings. A run is put into the address and remembered for the other pages as well."""
    st.session_state[_READER] = reader_id
    if is_run:
        choose_run(reader_id)
    else:
        st.query_params.pop(RUN_PARAMETER, None)


def second_run() -> str | None:
    """The run that the current one is compared with: the one in the page's address, failing that the last one."""
    return st.query_params.get(SECOND_RUN_PARAMETER) or st.session_state.get(_SECOND_RUN)


def choose_second_run(run_id: str) -> None:
    """Compare the current run with this one, and put it into the address."""
    st.session_state[_SECOND_RUN] = run_id
    if st.query_params.get(SECOND_RUN_PARAMETER) != run_id:
        st.query_params[SECOND_RUN_PARAMETER] = run_id


def reshuffle() -> None:
    """Another seed for the sample grid."""
    st.session_state[GRID_SEED] = int(st.session_state.get(GRID_SEED, 0)) + 1


def set_default(key: str, value: object) -> None:
    """What a widget starts with that callbacks set as well: Streamlit allows no default of its own for those."""
    st.session_state.setdefault(key, value)


def hold(key: str, default: object) -> object:
    """What is chosen by the widget with this key; only before it is drawn, which has to be followed by `note_choice`.

    Streamlit knows a widget by its key and its page. On another page the same key is a new widget, which takes over the value of the
    one before only if the page before was drawn to its end; where somebody went on too fast, it comes up empty. So the choice is
    kept here as well, and told to the widget where that is on a page for the first time.
    """
    value = st.session_state.get(key)
    known = st.session_state.get(f"{key}{_HELD}", default) if value is None else value
    if value is None or st.session_state.get(f"{key}{_HELD_ON}") != _page():
        st.session_state[key] = known
    return known


def note_choice(key: str, value: Choice) -> Choice:
    """The widget with this key was drawn, and this is chosen. Returns it."""
    st.session_state[f"{key}{_HELD}"], st.session_state[f"{key}{_HELD_ON}"] = value, _page()
    return value


def _page() -> str:
    context = get_script_run_ctx()
    return context.page_script_hash if context is not None else ""


def put(key: str, value: object) -> None:
    """Set what a widget shows; only before it is drawn, or in a callback."""
    st.session_state[key] = value


def clicks_key(chart: str) -> str:
    """The widget key of a chart that can be clicked."""
    return _widget_key(chart)


def forget_clicks(chart: str) -> None:
    """Make the chart anew: the browser tells of no second click on what it thinks is chosen still."""
    _renew(chart)


def image_index_key(dataset: str, split: Split) -> str:
    """The widget key of the index of the inspected image. One for each half: they are of different length."""
    return f"image_index_{dataset}_{split}"


def inspect(dataset: str, split: Split, index: int) -> None:
    """Choose the image to inspect; only before its widgets are drawn, or in a callback."""
    st.session_state[IMAGE_SPLIT] = split
    st.session_state[image_index_key(dataset, split)] = index


def inspected(dataset: str) -> tuple[Split, int]:
    """The image that is inspected: at first the first training image."""
    split = Split(st.session_state.get(IMAGE_SPLIT) or Split.TRAINING)
    return split, int(st.session_state.get(image_index_key(dataset, split), 0))


def canvas_key(name: str) -> str:
    """The widget key of a canvas."""
    return _widget_key(name)


def clear_canvas(name: str) -> None:
    """Forget what was drawn there."""
    keep_sheet(name, None)
    _lay_sheet(name)


def initial_objects(name: str) -> list[Any]:
    """The strokes that a canvas has to show from the start: those drawn there before it was left, or the page reloaded.

    They stay the same, and not those drawn since, for as long as the canvas is on the page: it would take others for a new drawing.
    """
    if st.session_state.get(f"{name}_laid", (None, []))[0] != _visit() or canvas_key(name) not in st.session_state:
        _lay_sheet(name)
    objects: list[Any] = st.session_state[f"{name}_laid"][1]
    return objects


def _lay_sheet(name: str) -> None:
    """Make the canvas anew, for a new widget alone takes what is given to it, with what was drawn there last."""
    objects, _ = sheet(name) or ([], b"")
    _renew(name)
    st.session_state[f"{name}_laid"] = _visit(), objects


def keep_sheet(name: str, drawn: tuple[list[Any], bytes] | None) -> None:
    """Remember what is on a canvas: its strokes, and its picture as a PNG file; None if it is empty."""
    others = {other: held for other, held in st.session_state.get(_SHEETS, {}).items() if other != name}
    st.session_state[_SHEETS] = others if drawn is None else others | {name: drawn}


def sheet(name: str) -> tuple[list[Any], bytes] | None:
    """The strokes and the picture that were on this canvas last; None if it was empty."""
    drawn: tuple[list[Any], bytes] | None = st.session_state.get(_SHEETS, {}).get(name)
    return drawn


def drawing_step_key(step: str) -> str:
    """The widget key of the switch of one step of a drawing's way."""
    return f"drawing_step_{step}"


def drawing_steps_off(steps: Iterable[str]) -> frozenset[str]:
    """Those of these steps that are turned off."""
    return frozenset(step for step in steps if not st.session_state.get(drawing_step_key(step), True))


def turn_on_drawing_steps(steps: Iterable[str]) -> None:
    """Leave none of these steps out; only before their switches are drawn, or in a callback."""
    for step in steps:
        st.session_state[drawing_step_key(step)] = True


def component_value(key: str, name: str) -> object:
    """What a component of our own last sent under `name`; for its callbacks, which run before the component is mounted again."""
    return (st.session_state.get(key) or {}).get(name)


def upload_key(place: str) -> str:
    """The widget key of one of the places to drop files. A new one for each upload: only a new widget is an empty one."""
    return f"{place}_{st.session_state.get(_UPLOADS, 0)}"


def uploaded_files(place: str) -> list[Any]:
    """The files that were just dropped there, as Streamlit hands them over; none if they have been taken in already.

    A run that is interrupted calls its callbacks again, with files that are gone.
    """
    return list(st.session_state.get(upload_key(place)) or [])


def refused_uploads() -> frozenset[tuple[str, int]]:
    """The files that were refused and still lie where they were dropped, each by its name and its bytes."""
    return frozenset(st.session_state.get(_REFUSED_UPLOADS, ()))


def refuse_uploads(files: Iterable[tuple[str, int]]) -> None:
    """These files can't be imported, at least not without others."""
    st.session_state[_REFUSED_UPLOADS] = tuple(files)


def drop_uploads() -> None:
    """Empty the places to drop files, and forget what came of the last ones; only before they are drawn, or in a callback."""
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    st.session_state.pop(_REFUSED_UPLOADS, None)
    st.session_state.pop(_IMPORT_OUTCOME, None)


def import_id() -> str | None:
    """The import that this session is at."""
    return st.session_state.get(_IMPORT)


def follow_import(import_id: str) -> None:
    """Be at this import from now on, also after visits to other pages. What the one before came to is no longer news."""
    st.session_state[_IMPORT] = import_id
    drop_uploads()


def leave_import(message: str = "", *, stored: str | None = None) -> None:
    """Be at no import any more. The message says what came of it; `stored` is the name of the set, if there is one now."""
    st.session_state.pop(_IMPORT, None)
    st.session_state[_IMPORT_OUTCOME] = (message, stored)


def import_outcome() -> tuple[str, str | None]:
    """The message and the set's name that the last import left; empty if there was none."""
    outcome: tuple[str, str | None] = st.session_state.get(_IMPORT_OUTCOME, ("", None))
    return outcome


def import_key(field: str) -> str:
    """The widget key of one field of the import's options."""
    return _widget_key(_import_name(field))


def _import_name(field: str) -> str:
    return f"import_{field}"


def ensure_import_form(import_id: str, suggestion: ImportOptions) -> None:
    """Fill the form with what suits these pictures, once for each look at them: what the user has changed since then stays.

    Another look at the same files leaves what they are called.
    """
    look = (import_id, suggestion.part, suggestion.labels)
    before = st.session_state.get(_IMPORT_FORM, (None, None, None))
    if before == look:
        return
    for field in ImportOptions.model_fields:
        if before[0] != import_id or field not in ("name", "title"):
            _fill(_import_name(field), getattr(suggestion, field))
    # Last: whatever breaks this off half-way, the form counts as filled only now.
    st.session_state[_IMPORT_FORM] = look


def surveyed_part() -> str | None:
    """The part of the files that the form was last filled for."""
    return st.session_state.get(_IMPORT_FORM, (None, None, None))[1]


def import_form() -> dict[str, Any]:
    """The import's options as they stand in the form, unchecked."""
    return {field: st.session_state.get(import_key(field)) for field in ImportOptions.model_fields}


def set_in_hand() -> tuple[str, str] | None:
    """The name of the set that is about to be renamed or deleted, and which of the two."""
    return st.session_state.get(_IN_HAND)


def take_in_hand(name: str, action: str) -> None:
    """Be about to do this to a set: a second press decides."""
    st.session_state[_IN_HAND] = (name, action)


def put_back() -> None:
    """Be about to do nothing to any set."""
    st.session_state.pop(_IN_HAND, None)


def map_image(subject: str) -> int | None:
    """The index of the image that was last clicked below a map of these images; None if it was one of others."""
    of, index = st.session_state.get(_MAP_IMAGE, (None, None))
    return index if of == subject else None


def look_at_map_image(subject: str, index: int) -> None:
    """Show this image large below the map. `subject` names what the index counts: the set and its half."""
    st.session_state[_MAP_IMAGE] = (subject, index)


def glimpsed(subject: str) -> int | None:
    """The place of the picture that was last clicked among these; None if it was one of others. `subject` names the run and the part."""
    of, place = st.session_state.get(_GLIMPSED, (None, None))
    return place if of == subject else None


def look_at_glimpsed(subject: str, place: int) -> None:
    """Tell more of this picture below those of a look inside a network."""
    st.session_state[_GLIMPSED] = (subject, place)


def image_behind(subject: str) -> int | None:
    """The row of the image that was last clicked among those behind a number; None if it was one of others."""
    of, row = st.session_state.get(_IMAGE_BEHIND, (None, None))
    return row if of == subject else None


def look_at_image_behind(subject: str, row: int) -> None:
    """Show this image larger. `subject` names the number and the answers that it came from."""
    st.session_state[_IMAGE_BEHIND] = (subject, row)


def pagination_key(subject: str) -> str:
    """The widget key of what leafs through the images that `subject` names."""
    return f"page_{subject}/{st.session_state.get(_TURNS, 0)}"


def turn_page() -> None:
    """Have paginations begin at the page that they are given, again: only a new widget heeds its default."""
    st.session_state[_TURNS] = st.session_state.get(_TURNS, 0) + 1


def image_address(run_id: str, split: Split, position: int) -> dict[str, str]:
    """The address parameters of Predict > One image: a network, a half of its set, and the image's place in that half."""
    return {RUN_PARAMETER: run_id, SPLIT_PARAMETER: split.value, IMAGE_PARAMETER: str(position)}


def strength_key(perturbation: str) -> str:
    """The widget key of how much an image is spoilt in one way."""
    return f"strength_{perturbation}"


def reset_strengths() -> None:
    """Spoil it in no way; only before the sliders are drawn, or in a callback."""
    for name, perturbation in PERTURBATIONS.items():
        st.session_state[strength_key(name)] = float(perturbation.neutral)


def image_in_address() -> tuple[str, str] | None:
    """The half and the place of an image in the page's address, as they are written there; None without both."""
    split, image = st.query_params.get(SPLIT_PARAMETER), st.query_params.get(IMAGE_PARAMETER)
    return None if split is None or image is None else (split, image)


def put_image_into_address(split: Split | None, position: int = 0) -> None:
    """Let the address lead to this image, so that a reload or a link finds it again; None: to no image of a set."""
    wanted = {} if split is None else {SPLIT_PARAMETER: split.value, IMAGE_PARAMETER: str(position)}
    for name in (SPLIT_PARAMETER, IMAGE_PARAMETER):
        if name not in wanted:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]


def take_image_from(source: str) -> None:
    """Where Predict > One image gets its image; only before the choice is drawn, or in a callback."""
    st.session_state[ONE_IMAGE_SOURCE] = source


def one_image_key(dataset: str, split: Split) -> str:
    """The widget key of the index of the image that Predict > One image is about."""
    return f"one_image_index_{dataset}_{split}"


def ask_image(dataset: str, split: Split, position: int) -> None:
    """Be about this image on Predict > One image; only before its widgets are drawn, or in a callback."""
    st.session_state[ONE_IMAGE_SPLIT] = split
    st.session_state[one_image_key(dataset, split)] = position


def asked_image(dataset: str) -> tuple[Split, int]:
    """The image that Predict > One image is about: at first the first training image."""
    split = Split(st.session_state.get(ONE_IMAGE_SPLIT) or Split.TRAINING)
    return split, int(st.session_state.get(one_image_key(dataset, split), 0))


def number_key(layer: str, field: str) -> str:
    """The widget key of the unit, row or column of the number whose way is shown, or of the page of units. `layer` names run and layer."""
    return f"number_{layer}_{field}"


def follow_number(layer: str, **fields: int) -> None:
    """Show the way of this number: `unit` and `page`, from 1, `row` and `column`; only before their widgets are drawn, or in a callback."""
    for field, value in fields.items():
        st.session_state[number_key(layer, field)] = value


def followed_number(layer: str, field: str) -> int:
    """The unit, row or column whose way is shown; 0 before there is one."""
    return int(st.session_state.get(number_key(layer, field), 0))


def run_tick_key(run_id: str) -> str:
    """The widget key of the box that chooses a run in the list of runs."""
    return f"tick_{run_id}"


def chosen_runs() -> list[str]:
    """The ids of the runs chosen in the list, in the order in which they were chosen."""
    return list(st.session_state.get(_CHOSEN_RUNS, []))


def keep_chosen(run_ids: Iterable[str]) -> None:
    """Let these runs be the chosen ones, and drop a question about others."""
    wanted = list(run_ids)
    for run_id in {*chosen_runs(), *wanted}:
        st.session_state[run_tick_key(run_id)] = run_id in wanted
    st.session_state[_CHOSEN_RUNS] = wanted
    ask_about_runs(None)


def tick_run(run_id: str) -> None:
    """Choose a run, or choose it no longer, as its box says now."""
    others = [other for other in chosen_runs() if other != run_id]
    st.session_state[_CHOSEN_RUNS] = [*others, run_id] if st.session_state.get(run_tick_key(run_id)) else others
    ask_about_runs(None)


def runs_question() -> str | None:
    """What is about to be done to the chosen runs: a second press decides."""
    return st.session_state.get(_RUNS_QUESTION)


def ask_about_runs(question: str | None) -> None:
    """Be about to do this to the chosen runs; None: nothing."""
    st.session_state[_RUNS_QUESTION] = question


def keep_drawing(ink: bytes, shape: tuple[int, int]) -> None:
    """Remember what was drawn last, `uint8` in C order, for other pages."""
    st.session_state[_DRAWING] = (ink, shape)


def keep_pasted(picture: bytes) -> None:
    """Remember the picture that was pasted last."""
    st.session_state[_PASTED] = picture


def pasted() -> bytes | None:
    """The picture that was pasted last; None if there was none."""
    return st.session_state.get(_PASTED)


def keep_grid_cells(grid: str, cells: str) -> None:
    """Remember what is drawn on this grid; empty for nothing."""
    st.session_state[_CELLS] = st.session_state.get(_CELLS, {}) | {grid: cells}


def grid_cells(grid: str) -> str:
    """What was drawn on this grid last."""
    return str(st.session_state.get(_CELLS, {}).get(grid, ""))


def just_kept() -> str:
    """What became of the drawing that was to be kept last, in words; empty if there was none."""
    return str(st.session_state.get(_JUST_KEPT, ""))


def note_kept(message: str) -> None:
    """Say this of the drawing that was just to be kept."""
    st.session_state[_JUST_KEPT] = message


def chosen_drawing() -> int | None:
    """The id of the kept drawing that is looked at."""
    return st.session_state.get(_CHOSEN_DRAWING)


def choose_drawing(drawing_id: int | None) -> None:
    """Look at this kept drawing, and be about to delete none."""
    st.session_state[_CHOSEN_DRAWING] = drawing_id
    ask_about_drawings(None)


def drawings_question() -> str | None:
    """Which kept drawings are about to be deleted: a second press decides."""
    return st.session_state.get(_DRAWINGS_QUESTION)


def ask_about_drawings(question: str | None) -> None:
    """Be about to delete these kept drawings; None: none."""
    st.session_state[_DRAWINGS_QUESTION] = question


def picked(key: str) -> Any:
    """What the widget with this key shows; for its callback, which runs before the widget is drawn again."""
    return st.session_state.get(key)


def last_drawing() -> tuple[bytes, tuple[int, int]] | None:
    """What `keep_drawing` was given last; None if nothing was drawn."""
    return st.session_state.get(_DRAWING)


def is_echo(action: str) -> bool:
    """Whether the same was asked for half a second ago or less; for buttons in a fragment that looks by itself, where a press may
    come twice (`pages.components.presses`) and both look alike.
    """
    now = time.monotonic()
    last, when = st.session_state.get(_LAST_CLICK, ("", -math.inf))
    st.session_state[_LAST_CLICK] = (action, now)
    return bool(last == action and now - when < _ECHO_SECONDS)


def note_page() -> None:
    """The page runs. Coming from another one, it is a new visit, with new widgets whatever their keys are."""
    if st.session_state.get(_PAGE) != _page():
        st.session_state[_PAGE] = _page()
        st.session_state[_VISIT] = _visit() + 1


def _visit() -> int:
    return int(st.session_state.get(_VISIT, 0))


def is_new() -> bool:
    """Whether nothing has been restored in this session yet; `restore` ends that."""
    return _NOTED not in st.session_state


def restore(parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Start from these parts of another session, as `take_changed` gave them; only before any widget is drawn."""
    st.session_state[_NOTED] = dict(parts)
    for values in parts.values():
        for key, value in values.items():
            set_default(key, value)


def take_changed(part: str) -> dict[str, Any] | None:
    """What is to outlive the session of this part, by key; None if it is as it was the last time, or was never begun."""
    values = {name: st.session_state[_widget_key(name)] for name in _lasting_names(part) if _widget_key(name) in st.session_state}
    noted = st.session_state.get(_NOTED, {})
    if values == noted.get(part, {}):
        return None
    st.session_state[_NOTED] = noted | {part: values}
    return values


def _lasting_names(part: str) -> list[str]:
    match part:
        case "draft":
            fields = [*_DRAFT_FIELDS, *(f"augmentation.{field}" for field in Augmentation.model_fields)]
            of_layers = [layer_key(layer, field) for layer in layers() for field in layer_values(layer)]
            own = [_LAYERS, _NEXT_LAYER, _RECIPE, _RECIPE_CHOICE, _SETTLED_RECIPE, _SETTLED_OPTIMISER]
            return [*own, *map(_draft_name, fields), *of_layers]
        case "dataset":
            return [_DATASET]
        case "import":
            return [_IMPORT, _IMPORT_FORM, _IMPORT_OUTCOME, *map(_import_name, ImportOptions.model_fields)]
        case _:
            return [_DRAWING, _SHEETS, _CELLS, _READER, f"{DRAW_WAY}{_HELD}", PEN_WIDTH, PEN_SOFTNESS]
