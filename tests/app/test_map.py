"""Explore > Map: a PCA map at once, t-SNE on a button, a network beside the pixels, and the images that were chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.compute.jobs import JobProgress, JobState
from core.compute.tasks import ModelSource
from core.errors import DatasetError
from core.networks.building import build_network
from core.networks.weights import pack_weights
from pages.components import services
from tests.app.conftest import ROOT, FakeCompute
from tests.app.test_pages import open_page, press, read, texts

PAGE = "pages/explore/map.py"


class MappingCompute(FakeCompute):
    """Also knows the network of a run: one with fresh weights. `refusal` is why it does not."""

    refusal: str | None = None

    def model_source(self, run_id: str) -> tuple[str, ModelSource]:
        if self.refusal:
            raise DatasetError(self.refusal)
        spec = self.store.load(run_id).spec
        weights = pack_weights(build_network(spec, (8, 8), 10, 16).get_weights())
        return f"{run_id}/final.npz", ModelSource(spec.model_dump_json(), (8, 8), 10, 16, weights)


@pytest.fixture
def mapping(compute: FakeCompute) -> MappingCompute:
    fake = MappingCompute(compute.store)
    services.provide(compute=fake)
    return fake


@pytest.fixture
def app(mapping: MappingCompute) -> AppTest:
    return AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)


def choose_tsne(app: AppTest) -> AppTest:
    """Open the page and choose t-SNE; the PCA map that came with the page is made and forgotten."""
    open_page(app, PAGE)
    services.compute().jobs.clear()
    return app.segmented_control(key="map_method").set_value("tsne").run()


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_a_pca_map_is_there_at_once_with_what_it_says(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    assert not app.exception and not app.error
    assert "1,437 of 1,437 images by PCA. The two axes keep 28" in texts(app)
    assert "Look for classes that cover each other" in texts(app)
    [table] = app.table
    assert list(table.value.index) == [str(digit) for digit in range(10)]
    assert len(mapping.jobs) == 1


def test_the_map_is_made_anew_only_for_other_images(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    app.run()
    assert len(mapping.jobs) == 1
    app.selectbox(key="map_count_digits_training").select(500).run()
    assert "500 of 1,437 images by PCA" in texts(app)
    app.number_input(key="map_seed").set_value(2).run()
    assert len(mapping.jobs) == 3


def test_tsne_begins_on_a_button_that_says_how_long_it_takes(app: AppTest, mapping: MappingCompute) -> None:
    choose_tsne(app)
    assert not mapping.jobs
    assert "from 1,437 images takes about" in texts(app)
    mapping.holds_jobs = True
    press(app, "Make the map")
    assert "Make the map" not in labels(app)
    assert [read(bar.proto.text) for bar in app.get("progress")] == ["Pixels: Half-way there."]


def test_tsne_can_be_called_off_and_begun_again(app: AppTest, mapping: MappingCompute) -> None:
    choose_tsne(app)
    mapping.holds_jobs = True
    press(app, "Make the map")
    press(app, "Cancel")
    assert [job.state for job in mapping.jobs.values()] == [JobState.CANCELLED]
    assert "The map was called off" in texts(app)
    press(app, "Make the map")
    assert [job.state for job in mapping.jobs.values()] == [JobState.RUNNING]


def test_a_finished_tsne_map_is_shown_with_what_must_not_be_read_from_it(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    [pca] = mapping.jobs.values()
    mapping.holds_jobs = True
    app.segmented_control(key="map_method").set_value("tsne").run()
    press(app, "Make the map")
    [key] = set(mapping.jobs) - {pca.key}
    assert pca.result is not None
    mapping.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, result={**pca.result, "kept": np.empty(0, np.float32)})
    app.run()
    assert "1,437 of 1,437 images by t-SNE. The classes lie" in texts(app)
    assert "Do not read anything into how far islands lie apart or how large they are" in texts(app)


def test_a_map_that_failed_says_why_and_is_not_tried_again_by_itself(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    [key] = mapping.jobs
    failed = replace(mapping.jobs[key], state=JobState.FAILED, message="The engine was lost. Try again.", result=None)
    mapping.jobs[key] = failed
    app.run()
    assert "The engine was lost. Try again." in read(app.error[0].value)
    assert mapping.jobs[key] is failed
    press(app, "Make the map")
    assert mapping.jobs[key].state == JobState.FINISHED
    assert not app.error


def trained(app: AppTest, mapping: MappingCompute, *, without_layers: bool = False) -> str:
    open_page(app, "pages/train/build.py")
    if without_layers:
        app.selectbox(key="recipe_choice").select("nothing").run()
    press(app, "Train")
    run_id = mapping.store.list()[0].id
    mapping.finish(run_id)
    return run_id


@pytest.mark.slow
@pytest.mark.parametrize(("without_layers", "title"), [(False, "Last hidden layer of"), (True, "so its outputs are mapped")])
def test_a_network_s_last_hidden_layer_is_mapped_beside_the_pixels(
    app: AppTest, mapping: MappingCompute, without_layers: bool, title: str
) -> None:
    trained(app, mapping, without_layers=without_layers)
    app.switch_page(PAGE).run()
    assert not app.exception and not app.error
    assert len(mapping.jobs) == 2
    assert title in texts(app).replace("\\", "")
    assert "Both maps show the same images" in texts(app)
    assert len(app.table[0].value.columns) == 5


def test_a_network_whose_data_has_changed_is_told_and_the_pixels_are_mapped(app: AppTest, mapping: MappingCompute) -> None:
    mapping.refusal = "The data set 'digits' has changed since run abc learned from it."
    trained(app, mapping)
    app.switch_page(PAGE).run()
    assert "Only the pixels are mapped. The data set 'digits' has changed" in read(app.warning[0].value)
    assert "1,437 of 1,437 images by PCA" in texts(app)


def test_of_sealed_test_images_only_the_pixels_are_mapped(app: AppTest, mapping: MappingCompute) -> None:
    trained(app, mapping)
    app.switch_page(PAGE).run()
    app.segmented_control(key="map_split").set_value("test").run()
    assert [key for key in mapping.jobs if key.startswith("map-hidden") and "-test-" in key] == []
    assert "are sealed for" in texts(app) and "360 of 360 images by PCA" in texts(app)
    press(app, "Open the test set")
    assert [key for key in mapping.jobs if key.startswith("map-hidden") and "-test-" in key]
    assert "are sealed for" not in texts(app)
    assert services.ledger().count_openings(services.catalog().load("digits").sha256) == 1


def test_networks_trained_on_other_sets_are_not_offered(app: AppTest, mapping: MappingCompute, tmp_path) -> None:
    folder = tmp_path / "home" / "datasets"
    folder.mkdir(parents=True)
    images = np.random.default_rng(1).integers(0, 256, (40, 5, 5), dtype=np.uint8)
    arrays = {"x_train": images, "y_train": np.arange(40) % 2, "x_test": images[:2], "y_test": np.arange(2)}
    np.savez(folder / "tiny.npz", **arrays)
    trained(app, mapping)
    app.switch_page(PAGE).run()
    app.selectbox(key="dataset").select("tiny").run()
    assert app.selectbox(key="map_run_tiny").options == ["Nothing"]
    assert "40 of 40 images by PCA" in texts(app)
    app.segmented_control(key="map_split").set_value("test").run()
    assert "There are only 2 test images; a map needs at least 3." in texts(app)


def test_the_images_that_were_chosen_are_counted_and_shown(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    [key] = [key for widget in app.get("bidi_component") if (key := widget.proto.id.split("-")[-1]).startswith("map_digits_training_")][:1]
    app.session_state[key] = {"chosen": [0, 5, 5, 1_436, 1_437, -1, "7", None]}
    app.run()
    assert not app.exception and not app.error
    assert "3 images chosen" in texts(app)


def test_the_controls_explain_themselves(app: AppTest, mapping: MappingCompute) -> None:
    open_page(app, PAGE)
    widgets = [*app.selectbox, *app.segmented_control, *app.slider, *app.number_input]
    assert len(widgets) == 7
    assert [widget.label for widget in widgets if not widget.help] == []
