"""Folders and files as people have them, and what becomes of them: the importer's rules, as a table of examples.

A line of an example is a folder and how many pictures lie in it. What should come of it is the training and the test pictures of each
class, and the folders that are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from core.datasets.importing.file_labels import LabelTable
from core.datasets.importing.layout import Arrangement, arrange

Counts = dict[str, tuple[int, int]]
TWO = {"cat": (3, 2), "dog": (3, 2)}
WHOLE = {"cat": (3, 0), "dog": (3, 0)}


@dataclass(frozen=True)
class Layout:
    """`folders`: pictures in each, or the names of the files there. `left_out`: how many of the folders are left out."""

    folders: dict[str, int | Sequence[str]]
    classes: Counts
    left_out: dict[str, int] = field(default_factory=dict)
    tables: Sequence[LabelTable] = ()
    labels: str | None = None
    choices: tuple[str, ...] = ()
    must_choose: bool = False


def split(training: str, test: str, top: str = "") -> Layout:
    """`<top>/<training>/<class>` and `<top>/<test>/<class>`."""
    return Layout({f"{top}{folder}/{name}": count for folder, count in ((training, 3), (test, 2)) for name in ("cat", "dog")}, TWO)


def numbered(pattern: str, count: int) -> list[str]:
    return [pattern.format(number) for number in range(count)]


NAMES = [*numbered("cat.{}.jpg", 3), *numbered("dog.{}.jpg", 3)]
TABLE = LabelTable("train.csv", ("id", "label"), tuple((name, name[:3]) for name in NAMES))
SPLITS = {
    f"{training} | {test}": split(training, test)
    for training, test in (
        ("train", "test"),
        ("Train", "Test"),
        ("TRAIN", "TEST"),
        ("training", "testing"),
        ("Training", "Testing"),
        ("trn", "tst"),
        ("training_set", "test_set"),
        ("training-set", "test-set"),
        ("training set", "test set"),
        ("trainingSet", "testSet"),
        ("TrainingSet", "TestSet"),
        ("trainset", "testset"),
        ("train_set", "test_set"),
        ("train_images", "test_images"),
        ("images_train", "images_test"),
        ("trainImages", "testImages"),
        ("train-imgs", "test-imgs"),
        ("train_data", "test_data"),
        ("traindata", "testdata"),
        ("train2017", "test2017"),
        ("train1", "test1"),
        ("Training Images", "Testing Images"),
        ("seg_train", "seg_test"),
        ("train", "holdout"),
        ("train", "hold_out"),
        ("train", "hold-out"),
        ("train", "eval"),
        ("train", "evaluation"),
        ("train", "tests"),
        ("train", "val"),
        ("train", "valid"),
        ("train", "validation"),
        ("train", "dev"),
        ("train", "Validation_Set"),
        ("trainval", "test"),
        ("train_val", "test"),
        ("val", "test"),
        ("dev", "test"),
        ("dev", "eval"),
        ("pets_train", "pets_test"),
        ("train-pets", "test-pets"),
        ("petsTrain", "petsTest"),
        ("my_animals_training", "my_animals_testing"),
        ("train/images", "test/images"),
        ("images/train", "images/test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("trainingSet/trainingSet", "testSet/testSet"),
        ("asl_train/asl_train", "asl_test/asl_test"),
        ("01_train", "02_test"),
        ("train.zip", "test.zip"),
        ("data/train", "data/test"),
        ("a/b/c/Train", "a/b/c/Test"),
        ("test/train", "test/test"),
    )
}
TOPS = {f"top {top!r}": split("train", "test", top) for top in ("pets/", "pets/pets/", "train/", "test/", "archive/Data Set/", "данные/")}
LAYOUTS = {
    **SPLITS,
    **TOPS,
    "class folders": Layout({"cat": 3, "dog": 3}, WHOLE),
    "class folders in one folder": Layout({"pets/cat": 3, "pets/dog": 3}, WHOLE),
    "class folders in a folder called images": Layout({"images/cat": 3, "images/dog": 3}, WHOLE),
    "class folders in train alone": Layout({"train/cat": 3, "train/dog": 3}, WHOLE),
    "class folders in test alone": Layout({"test/cat": 3, "test/dog": 3}, WHOLE),
    "a folder called images in each class": Layout({"cat/images": 3, "dog/images": 3}, WHOLE),
    "images below the classes of a split": Layout(
        {"train/cat/images": 3, "train/dog/images": 3, "test/cat/images": 2, "test/dog/images": 2}, TWO
    ),
    "the class in the name of the split": Layout({"train_cat": 3, "train_dog": 3, "test_cat": 2, "test_dog": 2}, TWO),
    "letters in the name of the split": Layout({"p/trainA": 3, "p/trainB": 3, "p/testA": 1, "p/testB": 1}, {"a": (3, 1), "b": (3, 1)}),
    "the class above the split": Layout({"cat/train": 3, "cat/test": 2, "dog/train": 3, "dog/test": 2}, TWO),
    "the class above the split, in a folder": Layout({"p/cat/Training": 3, "p/cat/Test": 2, "p/dog/Training": 3, "p/dog/Test": 2}, TWO),
    "training, validation and test": Layout(
        {"train/cat": 2, "train/dog": 2, "val/cat": 1, "val/dog": 1, "test/cat": 2, "test/dog": 2}, TWO
    ),
    "validation called dev": Layout({"train/cat": 2, "train/dog": 2, "dev/cat": 1, "dev/dog": 1, "eval/cat": 2, "eval/dog": 2}, TWO),
    "numbers as classes": Layout({"10": 2, "9": 2, "2": 2}, {"2": (2, 0), "9": (2, 0), "10": (2, 0)}),
    "numbers with zeros in front": Layout({"007": 2, "010": 2}, {"007": (2, 0), "010": (2, 0)}),
    "numbers as classes, split": Layout({"train/0": 3, "train/1": 3, "test/0": 1, "test/1": 1}, {"0": (3, 1), "1": (3, 1)}),
    "numbers as classes and pictures straight in train": Layout(
        {"0": 3, "1": 3, "train": 4}, {"0": (3, 0), "1": (3, 0)}, left_out={"train": 4}
    ),
    "test pictures without labels beside class folders": Layout({"cat": 3, "dog": 3, "test": 4}, WHOLE, left_out={"test": 4}),
    "validation pictures without labels beside class folders": Layout(
        {"pets/cat": 3, "pets/dog": 3, "pets/Validation": 4}, WHOLE, left_out={"pets/Validation": 4}
    ),
    "a class of trains": Layout({"bus": 3, "train": 3}, {"bus": (3, 0), "train": (3, 0)}),
    "a class of trains, split": Layout(
        {"train/bus": 3, "train/train": 3, "test/bus": 1, "test/train": 1}, {"bus": (3, 1), "train": (3, 1)}
    ),
    "a class called test tube": Layout({"flask": 3, "test tube": 3}, {"flask": (3, 0), "test tube": (3, 0)}),
    "training shoes and test cards": Layout({"training shoes": 2, "test cards": 2}, {"test cards": (2, 0), "training shoes": (2, 0)}),
    "innermost folders of one name": Layout(
        {"signs/first/a": 6, "signs/first/b": 6, "signs/second/a": 6, "signs/second/b": 6},
        {"first/a": (6, 0), "first/b": (6, 0), "second/a": (6, 0), "second/b": (6, 0)},
        choices=("folders", "outer-folders"),
    ),
    "innermost folders of one name, split": Layout(
        {"train/x/a": 3, "train/y/a": 3, "test/x/a": 1, "test/y/a": 1}, {"x/a": (3, 1), "y/a": (3, 1)}
    ),
    "some folders of one name": Layout(
        {"fruit/apple": 2, "fruit/pear": 2, "toy/apple": 2},
        {"fruit/apple": (2, 0), "pear": (2, 0), "toy/apple": (2, 0)},
        choices=("folders", "outer-folders"),
    ),
    "capitals in one half only": Layout({"Train/Cat": 3, "Train/Dog": 3, "test/cat": 2, "test/dog": 2}, {"Cat": (3, 2), "Dog": (3, 2)}),
    "folds": Layout({"fold1/cat": 2, "fold1/dog": 1, "fold2/cat": 1, "fold2/dog": 2}, WHOLE),
    "the inner folders, when asked for": Layout(
        {"monday/cat": 2, "monday/dog": 1, "tuesday/cat": 1, "tuesday/dog": 2},
        WHOLE,
        labels="inner-folders",
        choices=("folders", "outer-folders", "inner-folders"),
    ),
    "the outer folders, when asked for": Layout(
        {"cat/one": 2, "cat/two": 1, "dog/one": 3}, WHOLE, labels="outer-folders", choices=("folders", "outer-folders")
    ),
    "groups of classes": Layout({"pets/cat": 3, "farm/dog": 3}, WHOLE),
    "letters without an accent": Layout({"Äpfel": 2, "梨": 2, "груша": 2}, {"Äpfel": (2, 0), "груша": (2, 0), "梨": (2, 0)}),
    "classes called photos and drawings": Layout({"photos": 2, "drawings": 2}, {"drawings": (2, 0), "photos": (2, 0)}),
    "capital and small letters": Layout({"A": 2, "a": 2}, {"A": (2, 0), "a": (2, 0)}),
    "pictures beside training and test": Layout(
        {"train/cat": 3, "train/dog": 3, "test/cat": 2, "test/dog": 2, "other/cat": 4}, TWO, left_out={"other/cat": 4}
    ),
    "class folders beside train": Layout({"train/cat": 3, "train/dog": 3, "cat": 3, "dog": 3}, WHOLE, left_out={"cat": 3, "dog": 3}),
    "class folders beside a test folder": Layout({"cat": 3, "dog": 3, "test/cat": 2, "test/dog": 2}, TWO),
    "a test folder of other classes": Layout(
        {"images_background/x/a": 3, "images_background/x/b": 3, "images_evaluation/y/c": 3},
        {"a": (3, 0), "b": (3, 0)},
        left_out={"images_evaluation/y/c": 3},
    ),
    "all of it twice, as unpacked twice": Layout(
        {
            f"pets/{again}{folder}/{name}": count
            for again in ("", "pets/")
            for folder, count in (("train", 3), ("test", 2))
            for name in ("cat", "dog")
        },
        {"cat": (6, 4), "dog": (6, 4)},
    ),
    "validation pictures in a folder of their own": Layout(
        {"tiny/train/cat/images": 3, "tiny/train/dog/images": 3, "tiny/val/images": 2}, WHOLE, left_out={"tiny/val/images": 2}
    ),
    "pictures beside the class folders": Layout({"pets/cat": 3, "pets/dog": 3, "pets": 2}, WHOLE, left_out={"pets": 2}),
    "pictures in no folder": Layout({"cat": 3, "dog": 3, "": 1}, WHOLE, left_out={"": 1}),
    "train, and a test set without labels": Layout({"train/cat": 3, "train/dog": 3, "test": 5}, WHOLE, left_out={"test": 5}),
    "a test set without labels, two folders deep": Layout(
        {"train/cat": 3, "train/dog": 3, "test/test": 5, "test/images": 2}, WHOLE, left_out={"test/test": 5, "test/images": 2}
    ),
    "a test set without labels, of unknown class": Layout(
        {"train/cat": 3, "train/dog": 3, "test/unknown": 5}, WHOLE, left_out={"test/unknown": 5}
    ),
    "pictures to predict": Layout(
        {
            "seg_train/seg_train/cat": 3,
            "seg_train/seg_train/dog": 3,
            "seg_test/seg_test/cat": 2,
            "seg_test/seg_test/dog": 2,
            "seg_pred/seg_pred": 4,
        },
        TWO,
        left_out={"seg_pred/seg_pred": 4},
    ),
    "several sets of one kind": Layout(
        {"Training/cat": 3, "Training/dog": 3, "Test/cat": 2, "Test/dog": 2, "test-multiple_fruits": 3, "papers": 1},
        TWO,
        left_out={"test-multiple_fruits": 3, "papers": 1},
    ),
    "a sample of the training pictures": Layout(
        {"trainingSet/trainingSet/0": 3, "trainingSet/trainingSet/1": 3, "trainingSample/trainingSample/0": 1, "testSet/testSet": 4},
        {"0": (3, 0), "1": (3, 0)},
        left_out={"trainingSample/trainingSample/0": 1, "testSet/testSet": 4},
    ),
    "a test class that is never learned": Layout(
        {"train/cat": 3, "train/dog": 3, "test/cat": 2, "test/dog": 2, "test/cow": 1}, TWO, left_out={"test/cow": 1}
    ),
    "one class": Layout({"ring": 4}, {"ring": (4, 0)}),
    "one class without a folder": Layout({"": ["0.png", "1.png"]}, {"mine": (2, 0)}),
    "one class in a folder called images": Layout({"images": ["0.png", "1.png"]}, {"mine": (2, 0)}),
    "labels in the names": Layout({"train": NAMES}, WHOLE, choices=("names",), must_choose=True),
    "labels in the names, beside a test set without": Layout(
        {"train": NAMES, "test1": numbered("{}.jpg", 4)}, WHOLE, left_out={"test1": 4}, choices=("names",), must_choose=True
    ),
    "labels in the names of both halves": Layout(
        {"train": NAMES, "test": ["cat.8.jpg", "cat.9.jpg", "dog.8.jpg", "dog.9.jpg"]}, TWO, choices=("names",), must_choose=True
    ),
    "labels in the names, in one folder": Layout({"train/train": NAMES}, WHOLE, choices=("names",), must_choose=True),
    "labels in the names, without a folder": Layout({"": NAMES}, WHOLE, choices=("names",), must_choose=True),
    "labels in a table": Layout(
        {"train": NAMES, "test1": numbered("{}.jpg", 4)},
        WHOLE,
        left_out={"test1": 4},
        tables=[TABLE],
        choices=("train.csv:label",),
        must_choose=True,
    ),
    "labels in a table, by name without suffix": Layout(
        {"images": numbered("{}.png", 6)},
        WHOLE,
        choices=("labels.csv:2",),
        must_choose=True,
        tables=[LabelTable("labels.csv", ("1", "2"), tuple((str(number), "cat" if number < 3 else "dog") for number in range(6)))],
    ),
    "labels in a table, by path with back-slashes": Layout(
        {"set/all": numbered("{}.png", 6)},
        WHOLE,
        choices=("labels.csv:breed",),
        must_choose=True,
        tables=[LabelTable("labels.csv", ("breed", "path"), tuple((NAMES[n][:3], f"set\\all\\{n}.png") for n in range(6)))],
    ),
    "a table of labels, with the same names in both halves": Layout(
        {"train": numbered("{}.png", 6), "test": numbered("{}.png", 4)},
        WHOLE,
        left_out={"test": 4},
        choices=("trainLabels.csv:label",),
        must_choose=True,
        tables=[
            LabelTable("trainLabels.csv", ("id", "label"), tuple((str(number), "cat" if number < 3 else "dog") for number in range(6)))
        ],
    ),
    "a table of labels that does not say of which half": Layout(
        {"train": numbered("{}.png", 6), "test": numbered("{}.png", 4)},
        WHOLE,
        left_out={"test": 4},
        choices=("labels.csv:label",),
        must_choose=True,
        tables=[LabelTable("labels.csv", ("id", "label"), tuple((str(number), "cat" if number < 3 else "dog") for number in range(6)))],
    ),
    "a table for the pictures of the test set": Layout(
        {"train/cat": 3, "train/dog": 3, "test": numbered("t{}.png", 4)},
        TWO,
        tables=[LabelTable("test.csv", ("file", "class"), tuple((f"t{n}.png", "dog" if n % 2 else "cat") for n in range(4)))],
    ),
    "a project of a teaching tool": Layout({"": [*numbered("cat-!-{}.png", 3), *numbered("dog-!-{}.png", 3)]}, WHOLE, choices=("names",)),
    "a project of a teaching tool beside other classes": Layout(
        {"project": [*numbered("cat-!-{}.png", 3), *numbered("dog-!-{}.png", 3)], "bird": 2}, {"bird": (2, 0), **WHOLE}
    ),
    "a project of a teaching tool beside a test set": Layout(
        {"train": [*numbered("cat-!-{}.png", 3), *numbered("dog-!-{}.png", 3)], "test/cat": 1, "test/dog": 1},
        {"cat": (3, 1), "dog": (3, 1)},
    ),
    "numbers in front": Layout(
        {"": [*numbered("3_{}.png", 3), *numbered("7_{}.png", 3)]}, {"3": (3, 0), "7": (3, 0)}, choices=("names",), must_choose=True
    ),
    "the label at the end": Layout(
        {"": [f"{n:04}_{name}.png" for n, name in enumerate(["cat", "dog"] * 3)]}, WHOLE, choices=("name-ends",), must_choose=True
    ),
    "names with several numbers": Layout(
        {"": [f"{name}-{turn}-{n}.png" for name in ("cat", "dog") for turn in range(3) for n in range(2)]},
        {"cat": (6, 0), "dog": (6, 0)},
        choices=("names",),
        must_choose=True,
    ),
    "names with brackets": Layout(
        {"": [*numbered("cat ({}).png", 3), *numbered("dog ({}).png", 3)]}, WHOLE, choices=("names",), must_choose=True
    ),
    "names of several words": Layout(
        {"": [*numbered("black_cat_{}.png", 3), *numbered("big_dog_{}.png", 3)]},
        {"big_dog": (3, 0), "black_cat": (3, 0)},
        choices=("names",),
        must_choose=True,
    ),
    "pictures and masks": Layout(
        {"images": NAMES, "masks": [name.replace(".", "_mask.", 1) for name in NAMES]},
        {"cat": (6, 0), "dog": (6, 0)},
        labels="name-starts",
        choices=("name-starts", "folders"),
        must_choose=True,
    ),
    "parts of one heap": Layout(
        {"pets_images_part_1": NAMES[:3], "pets_images_part_2": NAMES[3:]}, WHOLE, choices=("names", "folders"), must_choose=True
    ),
}


def paths_of(folders: dict[str, int | Sequence[str]]) -> list[tuple[str, ...]]:
    return [
        (*folder.split("/"), name) if folder else (name,)
        for folder, files in folders.items()
        for name in (numbered("{}.png", files) if isinstance(files, int) else files)
    ]


def counts_of(found: Arrangement) -> Counts:
    names = found.classes.class_names
    counts = {}
    for label, name in enumerate(names):
        of_class = found.classes.labels == label
        test = int((of_class & found.is_test).sum()) if found.is_test is not None else 0
        counts[name] = (int(of_class.sum()) - test, test)
    return counts


@pytest.mark.parametrize("name", LAYOUTS)
def test_folders_become_classes_and_halves(name: str) -> None:
    layout = LAYOUTS[name]
    found = arrange(paths_of(layout.folders), "mine.zip", layout.tables, layout.labels, "mine.zip")
    assert counts_of(found) == layout.classes
    assert list(found.classes.class_names) == list(layout.classes)
    left_out = Counter({item.what.removeprefix("Pictures in ").replace("no folder", ""): item.count for item in found.left_out})
    assert left_out == Counter(layout.left_out)
    assert all(item.reason.endswith(".") for item in found.left_out)
    assert set(layout.choices) <= {choice.key for choice in found.choices}
    assert not layout.must_choose or not {"train", "test", "test1"} & {choice.key for choice in found.choices}
    assert bool(found.must_choose) == layout.must_choose
