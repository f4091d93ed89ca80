"""What can't be run is refused before any training: one sentence, exit code 2, no traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.workloads.programs import COMMAND, run
from workloads.common import options as common
from workloads.common.options import Refusal, parse, parser
from workloads.common.program import require
from workloads.common.refusals import is_surely_cpu, refuse_early, refuse_precision
from workloads.images.recipe import choose, fit, target
from workloads.resnet50.__main__ import main
from workloads.resnet50.layout import refuse_folder
from workloads.resnet50.recipe import IMAGENET_TARGET, SCALES


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--precision", "fp8"], "invalid choice: 'fp8'"),
        (["--precision", "tf32", "--device", "cpu"], "a CPU can't train in tf32"),
        (["--precision", "amp-fp16", "--device", "cpu"], "a CPU can't train in amp-fp16"),
        (["--cudnn-benchmark", "--device", "cpu"], "needs a GPU"),
        (["--batch", "0"], "above 0, not '0'"),
        (["--batch", "many"], "not 'many'"),
        (["--steps", "-1"], "above 0, not '-1'"),
        (["--minutes", "0"], "above 0, not '0'"),
        (["--minutes", "nan"], "above 0, not 'nan'"),
        (["--target", "95"], "between 0 and 1"),
        (["--seed", "x"], "from 0, not 'x'"),
        (["--workers", "-2"], "from 0, not '-2'"),
        (["--device", "gpu"], "needs auto, cpu, cuda or cuda:N"),
        (["--device", "cuda:x"], "needs auto, cpu, cuda or cuda:N"),
        (["--scale", "huge"], "invalid choice: 'huge'"),
        (["--nonsense"], "--nonsense"),
        (["--data", "synthetic", "--target", "0.9"], "nothing to evaluate"),
        (["--data", "nowhere"], "no data folder nowhere"),
    ],
)
def test_options_are_refused(options: list[str], says: str) -> None:
    """Each wrong option is answered by a sentence that names it, before torch is loaded."""
    with pytest.raises(Refusal) as refused:
        main(options)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("driver", "surely"), [(False, True), (True, False)])
def test_without_a_gpus_driver_it_is_surely_a_cpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, driver: bool, surely: bool
) -> None:
    """What a CPU can't do is refused at once, and not seconds later when torch has looked for a GPU."""
    (tmp_path / "driver").touch()
    monkeypatch.setattr("workloads.common.refusals.DRIVERS", (str(tmp_path / ("driver" if driver else "none")),))
    assert [is_surely_cpu(device) for device in ("cpu", "auto", "cuda")] == [True, surely, False]
    asked = parse(parser("resnet50", "", "digits", ""), ["--precision", "amp-fp16"])
    with pytest.raises(Refusal, match="a CPU can't train in amp-fp16") if surely else nullcontext():
        refuse_early(asked)


@pytest.mark.parametrize(
    "options",
    [
        ["--precision", "tf32", "--device", "cpu"],
        ["--data", "nowhere"],
        ["--nonsense"],
        ["--device", "cuda:97"],
        ["--batch", "1500", "--device", "cpu"],
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_2(options: list[str]) -> None:
    """At the edge of the program: nothing on stdout, one line on stderr, no traceback."""
    done = run(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("resnet50: ")
    assert done.stderr.count("\n") == 1


def test_torch_not_installed() -> None:
    """Without torch the sentence says how to get it."""
    hidden = "import sys, runpy; sys.modules['torch'] = None; sys.argv[1:] = []; " + (
        "runpy.run_module('workloads.resnet50', run_name='__main__')"
    )
    done = run(program=[sys.executable, "-c", hidden])
    assert done.returncode == 2
    assert done.stderr == "resnet50: torch not installed here: pip install 'mlperf-tui[workloads]'\n"


def test_cheap_checks_come_before_torch() -> None:
    """A wrong data folder is told without loading torch, so at once."""
    code = (
        "import sys; from workloads.resnet50.__main__ import main\n"
        "try: main(['--data', 'nowhere'])\n"
        "except Exception as error: print(type(error).__name__, 'torch' in sys.modules)"
    )
    assert run(program=[sys.executable, "-c", code]).stdout == "Refusal False\n"


def test_help_names_every_option() -> None:
    """`--help` is for people: exit code 0, all options there."""
    done = run("--help")
    assert done.returncode == 0
    assert all(f"--{name}" in done.stdout for name in ("data", "precision", "batch", "scale", "cudnn-benchmark"))
    assert COMMAND[1:] == ["-m", "workloads.resnet50"]


@pytest.mark.parametrize("name", ["tf32", "amp-bf16"])
def test_an_old_gpu_is_told_apart(name: str) -> None:
    """Compute capability 7.0 has neither TF32 nor bf16; 8.0 has both; fp16 runs on either."""
    with pytest.raises(Refusal, match=r"8\.0 or newer, and this one has 7\.0"):
        refuse_precision(name, "cuda", (7, 0))
    refuse_precision(name, "cuda", (8, 0))
    refuse_precision("amp-fp16", "cuda", (7, 0))


def test_require_names_all_that_is_missing() -> None:
    """Both packages stand in one sentence; what is there isn't named."""
    with pytest.raises(Refusal, match="nosuchone and nosuchtwo not installed"):
        require("json", "nosuchone", "nosuchtwo")


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """The smallest folder that passes."""
    for part in ("train", "val"):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            (tmp_path / part / name / "1.JPEG").write_bytes(b"")
    return tmp_path


def _no_train(root: Path) -> None:
    (root / "train").rename(root / "elsewhere")


def _no_val(root: Path) -> None:
    (root / "val").rename(root / "elsewhere")


def _unsorted_val(root: Path) -> None:
    for image in (root / "val").rglob("*.JPEG"):
        image.rename(root / "val" / f"{image.parent.name}.JPEG")
    for folder in ("cat", "dog"):
        (root / "val" / folder).rmdir()


def _no_classes(root: Path) -> None:
    for folder in ("cat", "dog"):
        (root / "train" / folder).rename(root / folder)


def _no_images(root: Path) -> None:
    (root / "train" / "dog" / "1.JPEG").rename(root / "train" / "dog" / "1.txt")


def _class_missing(root: Path) -> None:
    (root / "val" / "dog").rename(root / "dog")


def _file(root: Path) -> None:
    _no_val(root)
    (root / "val").write_text("")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_no_train, "has no train folder"),
        (_no_val, "has no val folder"),
        (_file, "has no val folder"),
        (_unsorted_val, "val is not sorted into class folders"),
        (_no_classes, "train has no class folders"),
        (_no_images, "no images in .*train/dog"),
        (_class_missing, "val lacks 1 of the classes, such as dog"),
    ],
)
def test_a_folder_lacks_something(mini: Path, spoil: Callable[[Path], None], says: str) -> None:
    """The sentence names exactly what is missing."""
    refuse_folder(mini)
    spoil(mini)
    with pytest.raises(Refusal, match=says):
        refuse_folder(mini)


@contextmanager
def _unprivileged() -> Iterator[None]:
    """Root may read everything, so a test about permissions is nobody for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def _own(folder: Path) -> list[Path]:
    """The folder and those above it that pytest made for its owner only."""
    return [each for each in (folder, *folder.parents) if "pytest-" in str(each)]


def test_an_unreadable_folder(mini: Path) -> None:
    """Permission denied is said as such, with the folder's name."""
    for folder in _own(mini):
        folder.chmod(0o755)
    (mini / "train").chmod(0)
    with _unprivileged(), pytest.raises(Refusal, match=r"can't read .*: Permission denied"):
        refuse_folder(mini)
    (mini / "train").chmod(0o755)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """`--data` names a file: the system's own reason is given."""
    file = tmp_path / "data"
    file.write_text("")
    with pytest.raises(Refusal, match="Not a directory"):
        refuse_folder(file)


def _options(*argv: str) -> common.Options:
    return common.parse(common.parser("x", "", "digits", ""), argv)


def test_defaults_follow_machine_and_data() -> None:
    """Tiny on a CPU; on a GPU small for digits, and the real thing for ImageNet or synthetic data."""
    assert choose(_options(), "cpu", SCALES).scale == "tiny"
    assert choose(_options("--data", "synthetic"), "cpu", SCALES).scale == "tiny"
    assert choose(_options(), "cuda", SCALES).scale == "small"
    reference = choose(_options("--data", "synthetic"), "cuda", SCALES)
    assert (reference.scale, reference.pixels, reference.batch) == ("reference", 224, 256)
    assert choose(_options("--scale", "tiny"), "cuda", SCALES).scale == "tiny"


def test_the_learning_rate_goes_with_the_batch() -> None:
    """Twice the batch, twice the rate; a batch of one is refused."""
    assert choose(_options("--batch", "64"), "cpu", SCALES).lr == 2 * SCALES["tiny"].lr
    with pytest.raises(Refusal, match="at least 2"):
        choose(_options("--batch", "1"), "cpu", SCALES)


def test_few_images_shrink_the_default_batch_only() -> None:
    """The default fits itself to a small folder; a batch that was asked for is not changed in silence."""
    assert fit(SCALES["tiny"], _options(), 12).batch == 12
    with pytest.raises(Refusal, match="more than the 12 training images"):
        fit(choose(_options("--batch", "20"), "cpu", SCALES), _options("--batch", "20"), 12)


def test_targets() -> None:
    """95 % for digits, MLPerf's 75.9 % for a folder, none where there is nothing to learn."""
    assert [target(_options("--data", data), IMAGENET_TARGET) for data in ("digits", "folder", "synthetic")] == [
        0.95,
        0.759,
        None,
    ]
    assert target(_options("--target", "0.5"), IMAGENET_TARGET) == 0.5
