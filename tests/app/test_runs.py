"""Train > Runs: find, choose, compare, rename, save, delete, and set up a new run from an old one."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.networks.layers import DenseLayer
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.folder import _parse_spec
from core.runs.record import RunState
from core.training.events import ArtefactReady
from pages.components import services
from pages.components.runs_table import MOST
from tests.app.conftest import FakeCompute
from tests.app.rival_networks import RivalCompute, add_network
from tests.app.test_pages import metrics, open_page, press, read, texts

PAGE = "pages/train/runs.py"
DIGITS = RECIPES["digits-64"].spec
WIDE = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=128),), learning_rate=0.01, validation_split=0.2)


def trained(compute: FakeCompute, spec: TrainingSpec = DIGITS, *, name: str | None = None, state: RunState = RunState.FINISHED) -> str:
    run_id = compute.submit(spec)
    compute.store.append(run_id, ArtefactReady("model.keras", b"PK"))
    compute.finish(run_id, state)
    if name:
        compute.store.describe(run_id, name=name, note="Some note.")
    return run_id


def listed(app: AppTest) -> list[str]:
    return [box.label.strip("*") for box in app.checkbox]


def tick(app: AppTest, *run_ids: str) -> None:
    for run_id in run_ids:
        app.checkbox(key=f"tick_{run_id}").check().run()
    assert not app.exception and not app.error


def test_without_runs_the_page_says_so_and_leads_to_the_first_one(app: AppTest) -> None:
    open_page(app, PAGE)
    assert "Nothing has been trained on this machine yet" in texts(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Build and train a network"]


def test_runs_are_listed_with_their_names_searched_and_sorted(app: AppTest, compute: FakeCompute) -> None:
    trained(compute, name="Zebra")
    trained(compute, WIDE, name="Aardvark")
    trained(compute, state=RunState.FAILED)
    open_page(app, PAGE)
    assert listed(app) == ["digits\\-64", "Aardvark", "Zebra"]
    app.selectbox(key="runs_order").select("name").run()
    assert listed(app) == ["Aardvark", "digits\\-64", "Zebra"]
    app.text_input(key="runs_text").input("some zebra").run()
    assert listed(app) == ["Zebra"]
    assert "1 of 3 runs" in texts(app)
    app.text_input(key="runs_text").input("nothing like that").run()
    assert "No run fits" in texts(app)
    app.text_input(key="runs_text").input("").run()
    app.selectbox(key="runs_state").select("failed").run()
    assert listed(app) == ["digits\\-64"]


def test_many_runs_come_a_page_at_a_time_and_choices_stay(app: AppTest, compute: FakeCompute) -> None:
    run_ids = [compute.submit(DIGITS) for _ in range(10)]
    open_page(app, PAGE)
    assert len(listed(app)) == 8
    tick(app, run_ids[-1])
    app.get("pagination")[0].set_value(2).run()
    assert len(listed(app)) == 2
    tick(app, run_ids[0])
    assert "2 runs chosen" in texts(app)
    press(app, "Choose none")
    assert "0 chosen" in texts(app)


def test_a_list_of_all_runs_keeps_their_settings_in_memory() -> None:
    assert (_parse_spec.cache_info().maxsize or 0) >= MOST


def test_one_run_shows_its_accuracy_with_the_interval_and_offers_its_files(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute, name="**Bold** <b>")
    open_page(app, PAGE)
    tick(app, run_id)
    # 187 of 287 validation images.
    assert metrics(app) == {"Validation accuracy": "65.0 %", "95 % interval": "59.5 to 70.4 %"}
    assert {link.proto.label for link in app.get("page_link")} == {"Look at it", "Score it", "Draw for it"}
    assert [button.label for button in app.get("download_button")] == ["Save the model (.keras)", "Save the history (CSV)"]
    assert "\\*\\*Bold\\*\\* \\<b\\>" in texts(app)
    assert "Some note\\." in texts(app)


def test_a_run_without_a_model_does_not_offer_one(app: AppTest, compute: FakeCompute) -> None:
    run_id = compute.submit(DIGITS)
    open_page(app, PAGE)
    tick(app, run_id)
    model, history = app.get("download_button")
    assert model.proto.disabled and not history.proto.disabled
    assert [link.proto.label for link in app.get("page_link")] == ["Look at it"]


def test_a_run_is_renamed_and_annotated(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    open_page(app, PAGE)
    tick(app, run_id)
    press(app, "Rename and note")
    next(one for one in app.text_input if one.label == "Name").input("Mine")
    app.text_area[0].input("Two\nlines")
    press(app, "Save")
    assert (compute.store.load(run_id).name, compute.store.load(run_id).note) == ("Mine", "Two\nlines")
    assert listed(app) == ["Mine"]


def test_runs_are_compared_by_what_they_came_to_and_by_what_differs(app: AppTest, compute: FakeCompute) -> None:
    one, other = trained(compute, name="One"), trained(compute, WIDE, name="Other")
    open_page(app, PAGE)
    tick(app, one, other)
    results, differences = (table.value for table in app.table)
    assert results["Run"].tolist() == ["One", "Other"]
    assert results.iloc[0, 1] == "65.0 % (59.5 to 70.4 %)"
    assert differences["What differs"].tolist() == ["Hidden layers", "Learning rate", "Epochs", "Trained"]
    assert differences["Other"].tolist() == ["Dense 128 ReLU", "0.01", "10", "1 of 10 epochs"]
    assert len(app.get("vega_lite_chart")) + len(app.get("arrow_vega_lite_chart")) == 2


def test_whether_the_highest_is_better_is_told_by_the_same_images(app: AppTest, compute: FakeCompute) -> None:
    rivals = RivalCompute(compute.store)
    services.provide(compute=rivals)
    good, close, poor = (add_network(rivals, one_in, sealed=True) for one_in in (20, 19, 3))
    for run_id, name in ((good, "Good"), (close, "Close"), (poor, "Poor")):
        rivals.store.describe(run_id, name=name, note="")
    open_page(app, PAGE)
    tick(app, good, close)
    assert "No difference was found between Good and Close" in texts(app)
    assert "That does not make them equal" in texts(app)
    tick(app, poor)
    assert "It is better than Poor\\." in texts(app) and "Holm's correction" in texts(app)


def test_runs_on_other_sets_are_not_ranked(app: AppTest, compute: FakeCompute) -> None:
    one = trained(compute)
    compute.sha256 = "0" * 64
    other = trained(compute)
    open_page(app, PAGE)
    tick(app, one, other)
    assert "learned from different sets" in texts(app)


def test_where_the_images_are_gone_the_rest_of_the_comparison_stays(app: AppTest, compute: FakeCompute) -> None:
    compute.sha256 = "0" * 64
    run_ids = [trained(compute), trained(compute)]
    open_page(app, PAGE)
    for run_id in run_ids:
        app.checkbox(key=f"tick_{run_id}").check().run()
    assert not app.exception
    assert len(app.error) == 1 and "has changed" in app.error[0].value
    assert len(app.table) >= 1


def test_of_many_runs_the_first_six_are_compared(app: AppTest, compute: FakeCompute) -> None:
    run_ids = [trained(compute, DIGITS.model_copy(update={"seed": seed})) for seed in range(7)]
    open_page(app, PAGE)
    tick(app, *run_ids)
    assert "Compared are the first 6" in texts(app)
    assert len(app.table[0].value) == 6


def test_chosen_runs_are_deleted_after_asking_and_those_still_trained_stay(app: AppTest, compute: FakeCompute) -> None:
    first, second, running = trained(compute), trained(compute), compute.submit(DIGITS)
    open_page(app, PAGE)
    tick(app, first, running, second)
    assert "One of them is still being trained and can't be deleted: stop it first." in texts(app)
    press(app, "Delete 2 of them")
    press(app, "Keep")
    assert len(compute.store.list()) == 3
    press(app, "Delete 2 of them")
    press(app, "Delete for good")
    assert [record.id for record in compute.store.list()] == [running]
    assert "1 chosen" in texts(app)
    assert next(button for button in app.button if button.label == "Delete it").disabled


def test_a_new_run_is_set_up_from_an_old_one(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute, WIDE)
    open_page(app, PAGE)
    tick(app, run_id)
    press(app, "Set up a new run from this one")
    assert [title.value for title in app.title] == ["Build and train"]
    press(app, "Train")
    assert compute.submitted[-1] == WIDE


def test_a_run_with_a_lost_history_says_so_and_can_still_be_deleted(app: AppTest, compute: FakeCompute, tmp_path: Path) -> None:
    broken = trained(compute, name="Broken")
    (tmp_path / "home" / "runs" / broken / "history.csv").unlink()
    open_page(app, PAGE)
    app.checkbox(key=f"tick_{broken}").check().run()
    assert not app.exception
    assert "history.csv is damaged (the file is missing). Other runs are not affected; delete the folder" in read(app.error[0].value)
    press(app, "Delete it")
    press(app, "Delete for good")
    assert compute.store.list() == ()


def test_a_run_with_lost_settings_is_left_out_and_the_others_can_be_used(app: AppTest, compute: FakeCompute, tmp_path: Path) -> None:
    broken, whole = trained(compute, name="Broken"), trained(compute, name="Whole")
    (tmp_path / "home" / "runs" / broken / "spec.json").write_text("{")
    open_page(app, PAGE)
    assert listed(app) == ["Whole"]
    tick(app, whole)
    assert metrics(app)["Validation accuracy"] == "65.0 %"


def test_a_run_that_can_not_be_read_is_told_of_and_the_others_are_listed(app: AppTest, compute: FakeCompute) -> None:
    trained(compute, name="Whole")
    for _ in range(5):
        broken = trained(compute)
        (services.settings().home / "runs" / broken / "spec.json").write_bytes(b"{")
    open_page(app, PAGE)
    assert listed(app) == ["Whole"]
    assert len(app.warning) == 3
    assert "spec\\.json is damaged" in app.warning[0].value
    assert "2 more" in texts(app)


def test_seconds_are_shown_with_what_they_depend_on(app: AppTest, compute: FakeCompute) -> None:
    one, other = trained(compute, name="One"), trained(compute, WIDE, name="Other")
    open_page(app, PAGE)
    tick(app, one, other)
    assert "what else the computer did meanwhile" not in texts(app)
    app.segmented_control(key="runs_against").set_value("seconds").run()
    assert "Seconds also count what else the computer did meanwhile" in texts(app)
    app.selectbox(key="runs_order").select("shortest training").run()
    assert "A short one need not be a fast network" in texts(app)


def test_runs_of_one_name_are_told_apart_wherever_they_are_listed(app: AppTest, compute: FakeCompute) -> None:
    first, second = trained(compute), trained(compute)
    trained(compute, name="Alone")
    open_page(app, PAGE)
    assert [label.replace("\\", "") for label in listed(app)] == ["Alone", f"digits-64 ({second[:4]})", f"digits-64 ({first[:4]})"]
    open_page(app, "pages/start/start.py")
    assert f"digits-64 ({first[:4]})" in texts(app).replace("\\", "") and "**Alone**" in texts(app)
