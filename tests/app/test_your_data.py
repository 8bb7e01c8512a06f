"""Bringing files, the preview, the import and its ends, with an importer that does as it is told; and looking after the sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.image_set import build_image_set
from core.datasets.importing.importer import ImportProgress, ImportState
from core.datasets.importing.options import Colour, ImportOptions
from core.datasets.importing.source import Choice, Example, LeftOut, SourceKind, Survey, Unreadable
from core.datasets.npz_files import save_npz
from core.errors import DatasetError
from core.networks.spec import TrainingSpec
from pages.components import services
from tests.app.conftest import FakeCompute, find_field
from tests.app.test_pages import open_page, press, texts

PAGE = "pages/explore/your_data.py"

HOSTILE = "*a* <b>x</b> [x](http://y) :red[x] $x$ 猫"

SURVEY = Survey(
    kind=SourceKind.CLASS_FOLDERS,
    source_name="pets.zip",
    class_names=("cat", "dog"),
    training_counts=(10, 5),
    test_counts=(0, 0),
    has_split=False,
    sizes=(((40, 30), 9), ((20, 20), 6)),
    grey_pictures=5,
    colour_pictures=10,
    unreadable=(Unreadable("dog/broken.png", "It ends in the middle."),),
    left_out=(LeftOut("README.md", 2, "It is neither a picture nor a set of images."),),
    notes=("Transparent parts become white.",),
    suggestion=ImportOptions(name="pets", title="Pets", size=32),
)


class FakeImporter:
    """Stays at whatever `at` says. Notes what it was asked for; `refusal`, if set, is what `begin` and `start` answer."""

    def __init__(self) -> None:
        self.at: dict[str, ImportProgress] = {}
        self.begun: list[tuple[str, ...]] = []
        self.started: list[ImportOptions] = []
        self.discarded: list[str] = []
        self.looked_again: list[tuple[str | None, str | None]] = []
        self.beside: list[str | None] = []
        self.refusal: str | None = None
        self.refused_names: set[str] = set()

    def begin(self, files: Sequence[tuple[str, BinaryIO]], beside: str | None = None) -> str:
        self.begun.append(tuple(name for name, _ in files))
        self.beside.append(beside)
        self._refuse()
        for name, _ in files:
            if name in self.refused_names:
                raise DatasetError(f"{name} can't be used.")
        import_id = f"import-{len(self.begun)}"
        self.at[import_id] = ImportProgress(ImportState.SURVEYING, files[0][0], 3, 15)
        return import_id

    def look_again(self, import_id: str, *, part: str | None = None, labels: str | None = None) -> None:
        self.looked_again.append((part, labels))
        self.at[import_id] = replace(self.at[import_id], state=ImportState.SURVEYING)

    def progress(self, import_id: str) -> ImportProgress | None:
        return self.at.get(import_id)

    def examples(self, import_id: str, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        if options.size is None:
            raise DatasetError("The pictures have two sizes; expected a size in pixels. Choose one.")
        shape = (options.size, options.size) if options.colour == Colour.GREY else (options.size, options.size, 3)
        return (Example("cat/1.png", "cat", (40, 30), np.zeros((30, 40, 3), np.uint8), np.zeros(shape, np.uint8)),)

    def start(self, import_id: str, options: ImportOptions) -> None:
        self._refuse()
        self.started.append(options)
        self.at[import_id] = replace(self.at[import_id], state=ImportState.IMPORTING, done=6, total=15)

    def cancel(self, import_id: str) -> None:
        self.at[import_id] = replace(self.at[import_id], state=ImportState.CANCELLED)

    def discard(self, import_id: str) -> None:
        self.discarded.append(import_id)
        self.at.pop(import_id, None)

    def close(self) -> None:
        pass

    def _refuse(self) -> None:
        if self.refusal:
            raise DatasetError(self.refusal)


@pytest.fixture
def importer(compute: FakeCompute) -> FakeImporter:
    fake = FakeImporter()
    services.provide(importer=fake)
    return fake


def drop(app: AppTest, *names: str) -> AppTest:
    app.file_uploader[0].set_value([(name, b"content", "application/octet-stream") for name in names])
    return app.run()


def upload(app: AppTest, *names: str) -> AppTest:
    open_page(app, PAGE)
    return drop(app, *names)


def surveyed(app: AppTest, importer: FakeImporter, survey: Survey = SURVEY) -> AppTest:
    upload(app, "pets.zip")
    importer.at["import-1"] = ImportProgress(ImportState.SURVEYED, survey.source_name, survey=survey)
    return app.run()


def shown_as(markdown: Sequence[str]) -> list[str]:
    """What a browser makes of texts in which every sign is escaped."""
    return [re.sub(r"\\(.)", r"\1", text).replace("\u2060", "") for text in markdown]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def option(app: AppTest, kind: str, field: str) -> Any:
    return find_field(app, kind, f"import_{field}")


def store_set(tmp_path: Path, name: str = "pets", title: str = "My *pets*") -> Path:
    """A set of eight images in Inkling's home."""
    pixels, numbers = np.arange(4 * 16, dtype=np.uint8).reshape(4, 4, 4), np.array([0, 1, 0, 1])
    image_set = build_image_set(
        name=name, title=title, x_train=pixels, y_train=numbers, x_test=pixels, y_test=numbers, class_names=("cat", "dog"), origin="Mine."
    )
    path = tmp_path / "home" / "datasets" / f"{name}.npz"
    save_npz(path, image_set)
    return path


def test_a_newcomer_reads_which_files_can_be_brought(app: AppTest, importer: FakeImporter) -> None:
    open_page(app, PAGE)
    assert not app.exception and not app.error
    assert list(app.table[0].value["You can bring"]) == [
        "Pictures in a folder for each class",
        "A CSV table",
        "NumPy arrays",
        "IDX files",
        "A download from elsewhere",
    ]
    assert "Up to 200 MB here" in texts(app)


def test_an_upload_is_surveyed_once_however_often_the_page_runs(app: AppTest, importer: FakeImporter) -> None:
    upload(app, "images.gz", "labels.gz")
    app.run()
    app.run()
    assert importer.begun == [("images.gz", "labels.gz")]
    assert "Looking through images.gz" in texts(app).replace("\\", "")
    assert "Cancel" in labels(app) and not app.file_uploader


def test_a_survey_is_found_again_after_a_visit_to_another_page(app: AppTest, importer: FakeImporter) -> None:
    upload(app, "pets.zip")
    app.switch_page("pages/start/start.py").run()
    app.switch_page(PAGE).run()
    assert "Cancel" in labels(app)
    assert len(importer.begun) == 1


def test_a_called_off_survey_leaves_a_place_for_other_files(app: AppTest, importer: FakeImporter) -> None:
    upload(app, "pets.zip")
    press(app, "Cancel")
    app.run()
    assert importer.discarded == ["import-1"]
    assert app.file_uploader and "Nothing was stored" in app.warning[0].value


def test_files_that_are_refused_are_told_and_tried_again_only_when_others_are_chosen(app: AppTest, importer: FakeImporter) -> None:
    importer.refusal = "t10k.gz holds images without labels; choose the file of labels too."
    upload(app, "t10k.gz")
    app.run()
    assert len(importer.begun) == 1
    assert "choose the file of labels too" in app.warning[0].value
    importer.refusal = None
    drop(app, "t10k.gz", "labels.gz")
    assert importer.begun[1] == ("t10k.gz", "labels.gz")
    assert not app.warning


def test_a_file_that_was_refused_does_not_stand_in_the_way_of_the_next(app: AppTest, importer: FakeImporter) -> None:
    """Streamlit's field keeps it, and hands it over again together with what is added."""
    importer.refused_names = {"broken.zip"}
    upload(app, "broken.zip")
    assert "broken.zip can't be used" in shown_as([app.warning[0].value])[0]
    drop(app, "broken.zip", "pets.zip")
    assert importer.begun[-2:] == [("broken.zip", "pets.zip"), ("pets.zip",)]
    assert not app.warning and not app.file_uploader


def test_after_a_refusal_other_files_can_be_chosen(app: AppTest, importer: FakeImporter) -> None:
    importer.refused_names = {"broken.zip"}
    upload(app, "broken.zip")
    press(app, "Choose other files")
    assert not app.warning and not app.file_uploader[0].value and "Choose other files" not in labels(app)
    drop(app, "pets.zip")
    assert importer.begun[-1] == ("pets.zip",)


def test_a_survey_that_fails_says_why_and_discards_the_upload(app: AppTest, importer: FakeImporter) -> None:
    upload(app, "pets.zip")
    importer.at["import-1"] = ImportProgress(ImportState.FAILED, "pets.zip", message="pets.zip holds no pictures.")
    app.run()
    assert "pets.zip holds no pictures." in app.warning[0].value.replace("\\", "")
    assert importer.discarded == ["import-1"] and app.file_uploader


def test_an_import_that_a_restart_forgot_is_told_gently(app: AppTest, importer: FakeImporter) -> None:
    upload(app, "pets.zip")
    importer.at.clear()
    app.run()
    assert not app.exception and not app.error
    assert "Choose the files again" in app.warning[0].value and app.file_uploader


def test_the_preview_tells_what_is_in_the_files_before_anything_is_stored(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    assert not app.exception and not app.error
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Pictures"] == "15" and shown["Left out"] == "3" and shown["Width x height"] == "2 sizes"
    assert app.table[0].value.to_dict("list") == {"Class": ["cat", "dog"], "Training": [8, 4], "Test": [2, 1]}
    assert shown_as(app.table[1].value.iloc[0].tolist()) == ["README.md", "2", "It is neither a picture nor a set of images."]
    assert shown_as(app.table[2].value.iloc[0].tolist()) == ["dog/broken.png", "It ends in the middle."]
    assert "Transparent parts become white" in app.info[0].value
    assert not importer.started


def test_the_counts_follow_the_share_that_is_kept_apart(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    option(app, "slider", "test_share").set_value(0.5).run()
    assert list(app.table[0].value["Test"]) == [5, 2]


UNSURE = replace(
    SURVEY,
    label_choices=(Choice("names", "the name of each file"), Choice("labels.csv:kind", "column kind of labels.csv")),
    parts=(Choice("pictures", "The pictures"), Choice("table", "The table b.csv")),
    suggestion=SURVEY.suggestion.model_copy(update={"labels": "names", "part": "pictures"}),
)


def test_what_only_the_user_can_know_is_asked_and_looked_at_again(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer, UNSURE)
    assert option(app, "selectbox", "labels").options == ["the name of each file", "column kind of labels.csv"]
    option(app, "text_input", "name").set_value("beasts").run()
    option(app, "selectbox", "labels").set_value("labels.csv:kind").run()
    assert importer.looked_again == [("pictures", "labels.csv:kind")] and "Cancel" in labels(app)
    again = UNSURE.suggestion.model_copy(update={"labels": "labels.csv:kind", "size": 16})
    importer.at["import-1"] = ImportProgress(ImportState.SURVEYED, "pets.zip", survey=replace(UNSURE, suggestion=again))
    app.run()
    assert (option(app, "text_input", "name").value, option(app, "number_input", "size").value) == ("beasts", 16)
    press(app, "Import")
    assert (importer.started[0].labels, importer.started[0].part) == ("labels.csv:kind", "pictures")


def test_another_part_of_the_files_has_classes_of_its_own(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer, UNSURE)
    option(app, "selectbox", "part").set_value("table").run()
    assert importer.looked_again == [("table", None)]


def test_files_of_another_class_are_looked_through_together_with_the_first(app: AppTest, importer: FakeImporter) -> None:
    one = replace(SURVEY, class_names=("cat",), training_counts=(15,), test_counts=(0,))
    surveyed(app, importer, one)
    drop(app, "dogs.zip")
    assert (importer.begun[-1], importer.beside[-1]) == (("dogs.zip",), "import-1")
    assert "Looking through dogs.zip" in texts(app).replace("\\", "")


def test_choices_without_effect_are_off(app: AppTest, importer: FakeImporter) -> None:
    square = replace(SURVEY, has_split=True, test_counts=(2, 2), sizes=(((28, 28), 15),))
    surveyed(app, importer, square)
    assert option(app, "radio", "fit").disabled
    assert option(app, "slider", "test_share").disabled and option(app, "number_input", "seed").disabled
    assert not option(app, "radio", "colour").disabled


def test_a_missing_size_is_told_where_the_pictures_would_be(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    option(app, "number_input", "size").set_value(None).run()
    assert "expected a size in pixels" in app.warning[0].value
    assert "Import" in labels(app)


def test_a_size_out_of_bounds_is_refused_with_its_name(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    option(app, "number_input", "size").set_value(100_000).run()
    press(app, "Import")
    assert "Size in pixels" in app.error[0].value
    assert not importer.started


def test_the_choices_made_in_the_form_are_what_is_imported(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    option(app, "number_input", "size").set_value(28)
    option(app, "radio", "fit").set_value("Crop: fill the square, cut what stands out")
    option(app, "radio", "colour").set_value("Grey: one number for each pixel")
    option(app, "text_input", "name").set_value("my_pets").run()
    press(app, "Import")
    assert importer.started == [ImportOptions(name="my_pets", title="Pets", size=28, fit="crop", colour="grey", turn="none", mirror=False)]
    assert "Importing pets.zip" in texts(app).replace("\\", "")


def test_a_taken_name_is_told_beside_the_button_and_the_form_stays(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    importer.refusal = "There is a set called 'pets' already. Choose another name."
    press(app, "Import")
    assert "Choose another name" in app.error[0].value
    assert option(app, "text_input", "name").value == "pets"


def test_the_form_survives_a_visit_to_another_page(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    option(app, "text_input", "name").set_value("beasts").run()
    app.switch_page("pages/start/start.py").run()
    app.switch_page(PAGE).run()
    assert option(app, "text_input", "name").value == "beasts"


def test_a_cancelled_import_can_be_started_again(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    press(app, "Import")
    press(app, "Cancel")
    app.run()
    assert "nothing was stored" in app.info[0].value
    press(app, "Import")
    assert len(importer.started) == 2


def test_a_failed_import_keeps_the_preview_and_says_why(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    importer.at["import-1"] = replace(importer.at["import-1"], state=ImportState.FAILED, message="The disk is full.")
    app.run()
    assert "The disk is full" in app.error[0].value and "Import" in labels(app)


def test_a_finished_import_names_the_set_discards_the_upload_and_leads_on(app: AppTest, importer: FakeImporter, tmp_path: Path) -> None:
    surveyed(app, importer)
    store_set(tmp_path)
    importer.at["import-1"] = ImportProgress(ImportState.FINISHED, "pets.zip", message="My *pets* is stored.", stored="pets")
    app.run()
    assert importer.discarded == ["import-1"]
    assert app.success[0].value == r"My \*pets\* is stored\. It can be used on all pages now."
    press(app, "Look at them")
    assert [title.value for title in app.title] == ["Samples"]
    assert app.selectbox(key="dataset").value == "pets"


def test_other_files_can_be_chosen_instead(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer)
    press(app, "Choose other files")
    assert importer.discarded == ["import-1"] and app.file_uploader and not app.warning


def test_names_are_shown_as_they_are_whatever_they_hold(app: AppTest, importer: FakeImporter) -> None:
    surveyed(app, importer, replace(SURVEY, source_name=HOSTILE, class_names=(HOSTILE, "dog"), notes=(f"{HOSTILE} is transparent.",)))
    told = [app.subheader[0].value, app.info[0].value, app.table[0].value["Class"][0]]
    assert not [text for text in told if re.search(r"(?<!\\)[*<\[:$]", text)]
    assert all(HOSTILE in text for text in shown_as(told))


def test_the_sets_on_this_machine_are_listed_and_only_one_s_own_can_be_changed(
    app: AppTest, importer: FakeImporter, tmp_path: Path
) -> None:
    store_set(tmp_path)
    open_page(app, PAGE)
    assert "**Digits**" in texts(app) and r"**My \*pets\***" in texts(app)
    assert "MNIST" not in texts(app), "sets that are not on this machine are not listed"
    assert [button.key for button in app.button if button.label in ("Rename", "Delete")] == ["rename_pets", "delete_pets"]


def test_a_set_gets_another_title_and_keeps_its_name(app: AppTest, importer: FakeImporter, tmp_path: Path) -> None:
    path = store_set(tmp_path)
    open_page(app, PAGE)
    app.button(key="rename_pets").click().run()
    app.text_input[0].set_value("Cats and dogs")
    press(app, "Save the title")
    app.run()
    assert "**Cats and dogs**" in texts(app) and path.exists()


def test_an_empty_title_is_refused_with_the_reason(app: AppTest, importer: FakeImporter, tmp_path: Path) -> None:
    store_set(tmp_path)
    open_page(app, PAGE)
    app.button(key="rename_pets").click().run()
    app.text_input[0].set_value(" ")
    press(app, "Save the title")
    assert app.error and not app.exception


def test_deleting_asks_first_and_says_which_runs_it_touches(
    app: AppTest, importer: FakeImporter, compute: FakeCompute, tmp_path: Path
) -> None:
    path = store_set(tmp_path)
    compute.finish(compute.submit(TrainingSpec(dataset="pets")))
    open_page(app, PAGE)
    app.button(key="delete_pets").click().run()
    assert path.exists()
    assert "One run that learned from it stays and can be looked at, but not scored any more." in texts(app)
    press(app, "Delete it")
    app.run()
    assert not path.exists() and r"My \*pets\*" not in texts(app)


def test_a_deleted_set_that_was_chosen_for_all_pages_leads_to_a_gentle_message(
    app: AppTest, importer: FakeImporter, tmp_path: Path
) -> None:
    path = store_set(tmp_path)
    open_page(app, "pages/explore/samples.py")
    app.selectbox(key="dataset").select("pets").run()
    app.switch_page(PAGE).run()
    app.button(key="delete_pets").click().run()
    press(app, "Delete it")
    app.switch_page("pages/explore/samples.py").run()
    assert not path.exists() and not app.exception and not app.error
    assert "no longer on this machine" in app.info[0].value


def test_a_downloaded_set_can_be_had_again_and_says_so(app: AppTest, importer: FakeImporter, tmp_path: Path) -> None:
    store_set(tmp_path, "mnist", "MNIST")
    open_page(app, PAGE)
    app.button(key="delete_mnist").click().run()
    assert "It can be downloaded again on Explore > Samples." in texts(app)


def test_a_damaged_file_of_one_s_own_says_so_and_can_be_deleted(app: AppTest, importer: FakeImporter, tmp_path: Path) -> None:
    path = tmp_path / "home" / "datasets" / "broken.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no archive")
    open_page(app, PAGE)
    assert "broken" in app.warning[0].value
    assert "Save as .npz" not in [button.label for button in app.get("download_button") if button.key == "export_broken"]
    app.button(key="delete_broken").click().run()
    press(app, "Delete it")
    assert not path.exists()
