"""Which workloads there are, what each measures, and the command line that an option set makes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from mlperf_tui.errors import NotFound

SEVERAL = "workloads.common.several"
"""Starts a workload in several processes."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One program of ours. `target` is the reference scale's, in the metric's own unit; a kernel has none.

    `label` is what the paper calls it (arXiv 1908.09207); one workload may stand for two frameworks of it.
    """

    name: str
    label: str
    module: str
    unit: str
    metric: str
    target: float | None
    model: str
    data: str

    @property
    def embedded(self) -> tuple[str, ...]:
        """Data that needs no directory: what comes with the program, and `synthetic`; a kernel has none."""
        own, *others = self.data.split(", ")
        return (own, "synthetic") if "synthetic" in others else ()

    def argv(self, python: str, options: Mapping[str, object]) -> tuple[str, ...]:
        """`python -m MODULE` with each option that was given; True is a bare flag. `gpus` says how many processes."""
        given = {name: value for name, value in options.items() if value is not None and value is not False}
        gpus = given.pop("gpus", 1)
        module = (self.module,) if gpus == 1 else (SEVERAL, str(gpus), self.module)
        words = [
            f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in given.items()
        ]
        return (python, "-m", *module, *words)


@dataclass(frozen=True, slots=True)
class Peak:
    """The most GPU memory that a run took at the reference scale, in GiB and at this `batch`, a process's own.

    `amp_gib` is that of mixed precision, where it decides and was measured.
    """

    gib: float
    batch: str
    amp_gib: float | None = None


PEAKS = {
    "resnet50": Peak(21.4, "256 images"),
    "ssd": Peak(3.3, "32 images"),
    "maskrcnn": Peak(38.0, "4 images of 800×800", 6.2),
    "transformer": Peak(9.4, "5,120 tokens"),
    "gnmt": Peak(7.2, "6,400 tokens"),
    "ncf": Peak(5.4, "1,048,576 samples"),
    "dawn-resnet18": Peak(0.9, "128 images"),
    "dawn-drqa": Peak(2.5, "128 questions"),
}
"""Measured on an NVIDIA H200 in fp32, which takes the most; the peak is torch's allocator's. None of a kernel's.

Each batch is that of the scale's recipe but for two, where it is larger and the number on the safe side: the recipe of
`transformer` takes 4,096 tokens, that of `maskrcnn` 2 images. Those may be up to 800×1333, and two of them have 0.8
times the pixels of four of 800×800.
"""

SPARE_GIB = 1.0
"""Left for what torch's allocator doesn't count: CUDA's context and its libraries' own, about half of it. Ours."""


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            name="resnet50",
            label="MLPf_Res50_TF/MX",
            module="workloads.resnet50",
            unit="images/s",
            metric="top-1",
            target=0.759,
            model="ResNet-50 v1.5",
            data="digits, ImageNet, synthetic",
        ),
        Workload(
            name="ssd",
            label="MLPf_SSD_Py",
            module="workloads.ssd",
            unit="images/s",
            metric="mAP",
            target=0.23,
            model="SSD 300, ResNet-34",
            data="shapes, COCO, synthetic",
        ),
        Workload(
            name="maskrcnn",
            label="MLPf_MRCNN_Py",
            module="workloads.maskrcnn",
            unit="images/s",
            metric="box AP",
            target=0.377,
            model="Mask R-CNN R50-FPN",
            data="shapes, COCO, synthetic",
        ),
        Workload(
            name="transformer",
            label="MLPf_XFMR_Py",
            module="workloads.transformer",
            unit="tokens/s",
            metric="BLEU",
            target=0.25,
            model="Transformer big",
            data="lexicon, WMT, synthetic",
        ),
        Workload(
            name="gnmt",
            label="MLPf_GNMT_Py",
            module="workloads.gnmt",
            unit="tokens/s",
            metric="BLEU",
            target=0.24,
            model="GNMT, 4+4 LSTMs",
            data="lexicon, WMT, synthetic",
        ),
        Workload(
            name="ncf",
            label="MLPf_NCF_Py",
            module="workloads.ncf",
            unit="samples/s",
            metric="HR@10",
            target=0.635,
            model="NCF (NeuMF)",
            data="clicks, MovieLens, synthetic",
        ),
        Workload(
            name="dawn-resnet18",
            label="Dawn_Res18_Py",
            module="workloads.dawn_resnet18",
            unit="images/s",
            metric="top-1",
            target=0.94,
            model="ResNet-18 variant",
            data="digits, CIFAR-10, synthetic",
        ),
        Workload(
            name="dawn-drqa",
            label="Dawn_DrQA_Py",
            module="workloads.dawn_drqa",
            unit="samples/s",
            metric="F1",
            target=0.75,
            model="DrQA reader",
            data="templates, SQuAD 1.1, synthetic",
        ),
        Workload(
            name="deepbench-gemm",
            label="Deep_GEMM_Cu",
            module="workloads.deepbench_gemm",
            unit="problems/s",
            metric="TFLOP/s",
            target=None,
            model="matrix products",
            data="DeepBench's 160 sizes",
        ),
        Workload(
            name="deepbench-conv",
            label="Deep_Conv_Cu",
            module="workloads.deepbench_conv",
            unit="problems/s",
            metric="TFLOP/s",
            target=None,
            model="convolutions",
            data="DeepBench's 94 sizes",
        ),
        Workload(
            name="deepbench-rnn",
            label="Deep_RNN_Cu",
            module="workloads.deepbench_rnn",
            unit="problems/s",
            metric="TFLOP/s",
            target=None,
            model="recurrent layers",
            data="DeepBench's 53 sizes",
        ),
        Workload(
            name="deepbench-allreduce",
            label="Deep_Red_Cu",
            module="workloads.deepbench_allreduce",
            unit="problems/s",
            metric="GB/s",
            target=None,
            model="all-reduce",
            data="DeepBench's 7 sizes",
        ),
    )
}


ALIKE = 0.7
"""difflib's ratio: resnet51 and resnet are like resnet50; a word that only shares letters is like none."""


def find(name: str, verb: str = "run") -> Workload:
    """The workload of that name. Raises NotFound, which names what was probably meant to be run, or all there are."""
    if name in WORKLOADS:
        return WORKLOADS[name]
    near = difflib.get_close_matches(name, WORKLOADS, n=1, cutoff=ALIKE)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(WORKLOADS)} (`mlperf-tui workloads`)."
    own = f"A command of your own goes behind `--`: mlperf-tui {verb} -- {name} …"
    raise NotFound(f"no workload {name}: {hint} {own}")
