"""What a session remembers, by name. The only file that names session keys and address parameters.

A session holds ids and plain values alone: what they stand for lives in the services, shared by all visitors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.datasets.image_set import Split
from core.datasets.importing.options import ImportOptions
from core.networks.layers import DenseLayer
from core.networks.recipes import DEFAULT_RECIPE, RECIPES
from core.networks.spec import TrainingSpec

DATASET = "dataset"
RECIPE_CHOICE = "recipe_choice"
GRID_SEED = "grid_seed"
IMAGE_SPLIT = "image_split"
RUN_PARAMETER = "run"
STATISTICS_PART = "part"
_CURRENT_RUN = "current_run"
_LAYERS = "draft_layers"
_NEXT_LAYER = "draft_next_layer"
_RECIPE = "draft_recipe"
_IMPORT = "import"
_IMPORT_OUTCOME = "import_outcome"
_IMPORT_FORM = "import_form"
_UPLOADS = "uploads"
_MAP_IMAGE = "map_image"
_IN_HAND = "set_in_hand"

_DRAFT_FIELDS = ("scale_inputs", "optimiser", "learning_rate", "batch_size", "epochs", "validation_split", "shuffle", "seed")


def draft_key(field: str) -> str:
    """The widget key of a spec field in the draft."""
    return f"draft_{field}"


def layer_key(layer: int, field: str) -> str:
    """The widget key of one field of one hidden layer in the draft. `layer` is an id, not a position."""
    return f"draft_layer_{layer}_{field}"


def ensure_draft() -> None:
    """Give a new session a draft to start from."""
    if _LAYERS not in st.session_state:
        load_draft(RECIPES[DEFAULT_RECIPE].spec, keep_dataset=DATASET in st.session_state)


def load_draft(spec: TrainingSpec, *, keep_dataset: bool = False) -> None:
    """Put these settings into the form."""
    for layer in list(st.session_state.get(_LAYERS, [])):
        _forget_layer(layer)
    st.session_state[_RECIPE] = spec.recipe
    if not keep_dataset:
        st.session_state[DATASET] = spec.dataset
    for field in _DRAFT_FIELDS:
        st.session_state[draft_key(field)] = getattr(spec, field)
    st.session_state[_LAYERS] = []
    for layer in spec.hidden:
        add_layer(layer)


def draft() -> dict[str, Any]:
    """The form's settings as `core.networks.spec.read_spec` takes them, unchecked."""
    values: dict[str, Any] = {field: st.session_state.get(draft_key(field)) for field in _DRAFT_FIELDS}
    hidden = [{field: st.session_state.get(layer_key(layer, field)) for field in DenseLayer.model_fields} for layer in layers()]
    return values | {"dataset": dataset(), "hidden": hidden, "recipe": _matching_recipe(values, hidden)}


def draft_value(field: str) -> Any:
    """One setting of the draft."""
    return st.session_state[draft_key(field)]


def set_draft_value(field: str, value: Any) -> None:
    """Change one setting of the draft; only before its widget is drawn, or in a callback."""
    st.session_state[draft_key(field)] = value


def _matching_recipe(values: Mapping[str, Any], hidden: list[dict[str, Any]]) -> str | None:
    """The recipe's name while nothing has been changed, so that no run carries a name it does not deserve."""
    name = st.session_state.get(_RECIPE)
    if name not in RECIPES:
        return None
    recipe = RECIPES[name].spec
    same = recipe.dataset == dataset() and all(getattr(recipe, field) == value for field, value in values.items())
    return name if same and [layer.model_dump() for layer in recipe.hidden] == hidden else None


def recipe_choice() -> str:
    """The name in the recipe picker."""
    return str(st.session_state.get(RECIPE_CHOICE, DEFAULT_RECIPE))


def layers() -> list[int]:
    """The ids of the draft's hidden layers, in order."""
    return list(st.session_state.get(_LAYERS, []))


def add_layer(layer: DenseLayer | None = None) -> None:
    """Append a hidden layer to the draft; without one given, a copy of the last."""
    number = st.session_state.get(_NEXT_LAYER, 0)
    st.session_state[_NEXT_LAYER] = number + 1
    if layer is None and layers():
        last = layers()[-1]
        values = {field: st.session_state[layer_key(last, field)] for field in DenseLayer.model_fields}
    else:
        values = (layer or DenseLayer()).model_dump()
    for field, value in values.items():
        st.session_state[layer_key(number, field)] = value
    st.session_state[_LAYERS] = [*layers(), number]


def remove_layer(layer: int) -> None:
    """Take a hidden layer out of the draft."""
    _forget_layer(layer)
    st.session_state[_LAYERS] = [other for other in layers() if other != layer]


def move_layer(layer: int, places: int) -> None:
    """Move a hidden layer towards the output (positive) or the image (negative)."""
    order = layers()
    position = order.index(layer)
    target = min(max(position + places, 0), len(order) - 1)
    order.insert(target, order.pop(position))
    st.session_state[_LAYERS] = order


def _forget_layer(layer: int) -> None:
    for field in DenseLayer.model_fields:
        st.session_state.pop(layer_key(layer, field), None)


def dataset() -> str:
    """The data set chosen for all pages."""
    return str(st.session_state.get(DATASET, RECIPES[DEFAULT_RECIPE].spec.dataset))


def choose_dataset(name: str) -> None:
    """Choose a data set for all pages."""
    st.session_state[DATASET] = name


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


def reshuffle() -> None:
    """Another seed for the sample grid."""
    st.session_state[GRID_SEED] = int(st.session_state.get(GRID_SEED, 0)) + 1


def set_default(key: str, value: object) -> None:
    """What a widget starts with that callbacks set as well: Streamlit allows no default of its own for those."""
    st.session_state.setdefault(key, value)


def image_index_key(dataset: str, split: Split) -> str:
    """The widget key of the index of the inspected image. One for each half: they are of different length."""
    return f"image_index_{dataset}_{split}"


def inspect(dataset: str, split: Split, index: int) -> None:
    """Choose the image to inspect; only before its widgets are drawn, or in a callback."""
    st.session_state[IMAGE_SPLIT] = split
    st.session_state[image_index_key(dataset, split)] = index


def inspected(dataset: str) -> tuple[Split, int]:
    """The image that is inspected: at first the first training image."""
    split = Split(st.session_state.get(IMAGE_SPLIT, Split.TRAINING))
    return split, int(st.session_state.get(image_index_key(dataset, split), 0))


def canvas_key(name: str) -> str:
    """The widget key of a canvas."""
    return f"{name}_{st.session_state.get(f'{name}_version', 0)}"


def clear_canvas(name: str) -> None:
    """Give the canvas a new key: a new widget is an empty one."""
    st.session_state[f"{name}_version"] = st.session_state.get(f"{name}_version", 0) + 1


def component_value(key: str, name: str) -> object:
    """What a component of our own last sent under `name`; for its callbacks, which run before the component is mounted again."""
    return (st.session_state.get(key) or {}).get(name)


def upload_key() -> str:
    """The widget key of the place to drop files. A new one for each upload: only a new widget is an empty one."""
    return f"upload_{st.session_state.get(_UPLOADS, 0)}"


def uploaded_files() -> list[Any]:
    """The files that were just dropped there, as Streamlit hands them over."""
    return list(st.session_state.get(upload_key()) or [])


def import_id() -> str | None:
    """The import that this session is at."""
    return st.session_state.get(_IMPORT)


def follow_import(import_id: str) -> None:
    """Be at this import from now on, also after visits to other pages. What the one before came to is no longer news."""
    st.session_state[_IMPORT] = import_id
    st.session_state.pop(_IMPORT_OUTCOME, None)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


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
    return f"import_{field}"


def ensure_import_form(import_id: str, suggestion: ImportOptions) -> None:
    """Fill the form with what suits these pictures, once for each import: what the user has changed since then stays."""
    if st.session_state.get(_IMPORT_FORM) == import_id:
        return
    st.session_state[_IMPORT_FORM] = import_id
    for field in ImportOptions.model_fields:
        st.session_state[import_key(field)] = getattr(suggestion, field)


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
