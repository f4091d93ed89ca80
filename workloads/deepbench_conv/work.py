"""A convolution as DeepBench times it, one direction at a time, through torch (cuDNN on a GPU)."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.nn import functional

from workloads.deepbench_conv.problems import Conv, Layer


def prepare(problem: Conv, device: torch.device, kind: torch.dtype) -> partial[Any]:
    """Images (N, C, H, W), filters (K, C, R, S) and for backward the output's gradient (N, K, P, Q).

    All are uniform numbers and lie in memory in that order, as in DeepBench (code/nvidia/conv_bench.cu).
    """
    layer = problem.layer
    images = torch.rand(layer.batch, layer.channels, layer.height, layer.width, device=device, dtype=kind)
    filters = torch.rand(
        layer.filters, layer.channels, layer.filter_height, layer.filter_width, device=device, dtype=kind
    )
    if problem.direction == "forward":
        return partial(functional.conv2d, images, filters, stride=layer.stride, padding=layer.pad)
    return _backward(layer, images, filters, to_data=problem.direction == "backward data")


def _backward(layer: Layer, images: torch.Tensor, filters: torch.Tensor, *, to_data: bool) -> partial[Any]:
    """The gradient of the images or that of the filters, and never the other; there is no bias."""
    shape = (layer.batch, layer.filters, layer.out_height, layer.out_width)
    gradient = torch.rand(shape, device=images.device, dtype=images.dtype)
    return partial(
        torch.ops.aten.convolution_backward,
        gradient,
        images,
        filters,
        bias_sizes=None,
        stride=(layer.stride, layer.stride),
        padding=(layer.pad, layer.pad),
        dilation=(1, 1),
        transposed=False,
        output_padding=(0, 0),
        groups=1,
        output_mask=(to_data, not to_data, False),
    )
