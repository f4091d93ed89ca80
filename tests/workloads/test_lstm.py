"""LSTMs in the type that autocast names: torch itself takes fp16 for cuDNN's, whatever was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from workloads.common import lstm
from workloads.common.lstm import LSTM, asks_bf16, caveat, has_bf16
from workloads.common.precision import Precision
from workloads.gnmt.both_ways import BothWays

GPU = torch.device("cuda")
CUDNN = "workloads.common.lstm.torch.backends.cudnn.version"


@pytest.fixture
def in_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU under autocast: a CPU has LSTMs in bf16 too."""
    monkeypatch.setattr(lstm, "asks_bf16", lambda _device: True)
    monkeypatch.setattr(lstm, "has_bf16", lambda _hidden: True)


@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_it_is_torchs_but_for_the_type(request: pytest.FixtureRequest, *, both: bool) -> None:
    """In single precision to the bit; in bf16 close to it, gradients of input and weights too, which stay fp32."""
    torch.manual_seed(1)
    ours, torchs = LSTM(5, 8, bidirectional=both), nn.LSTM(5, 8, batch_first=True, bidirectional=both)
    torchs.load_state_dict(ours.state_dict())
    x = torch.randn(4, 3, 5, requires_grad=True)
    expected, found = torchs(x)[0], ours(x)[0]
    assert torch.equal(found, expected)
    wanted = torch.autograd.grad(expected.square().sum(), [x, *torchs.parameters()])
    request.getfixturevalue("in_bf16")
    found, (last, _) = ours(x)
    assert found.dtype == last.dtype == torch.bfloat16
    assert torch.allclose(found.float(), expected, atol=0.02)
    mine = torch.autograd.grad(found.float().square().sum(), [x, *ours.parameters()])
    for one, other in zip(mine, wanted, strict=True):
        assert one.dtype is torch.float32
        assert torch.allclose(one, other, atol=0.05, rtol=0.05)


@pytest.mark.usefixtures("in_bf16")
def test_it_goes_on_from_a_state() -> None:
    """As a translation does, piece by piece: the same as at one go."""
    layer, x = LSTM(5, 8), torch.randn(2, 6, 5)
    whole, last = layer(x)
    before, state = layer(x[:, :4])
    after, end = layer(x[:, 4:], state)
    assert torch.allclose(torch.cat([before, after], 1).float(), whole.float(), atol=0.01)
    assert torch.allclose(end[1].float(), last[1].float(), atol=0.02)


@pytest.mark.usefixtures("in_bf16")
def test_both_ways_too() -> None:
    """Its padding still keeps the state at 0."""
    layer, seen = BothWays(8), torch.tensor([[True, True, False]])
    made = layer(torch.randn(1, 3, 8), seen)
    assert made.dtype is torch.bfloat16
    assert made[0, 2].abs().max() == 0
    assert made[0, :2].abs().min() > 0


@pytest.mark.parametrize(
    ("torchs", "cudnn", "has"),
    [("2.11.0+cu130", 91900, True), ("2.10.0", 91300, True), ("2.9.1", 91900, False), ("2.11.0", 91201, False)],
)
def test_who_has_bf16(monkeypatch: pytest.MonkeyPatch, torchs: str, cudnn: int, has: bool) -> None:
    """Both have to; where one hasn't, a headline tells that bf16 isn't what LSTMs run in."""
    monkeypatch.setattr(torch, "__version__", torchs)
    monkeypatch.setattr(CUDNN, lambda: cudnn)
    assert has_bf16(512) is has
    assert bool(caveat(Precision("amp-bf16", GPU, torch.bfloat16), 512)) is not has
    assert caveat(Precision("amp-fp16", GPU, torch.float16), 512) == ""
    assert caveat(Precision("amp-bf16", torch.device("cpu"), torch.bfloat16), 512) == ""


def test_narrow_lstms_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """DrQA's: cuDNN has no fast kernels for them in bf16. The headline says so."""
    monkeypatch.setattr(torch, "__version__", "2.11.0")
    monkeypatch.setattr(CUDNN, lambda: 91900)
    assert not has_bf16(128)
    assert caveat(Precision("amp-bf16", GPU, torch.bfloat16), 128) == " (LSTMs in fp16, as torch casts them)"


def test_no_cudnn_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build of torch for CPUs."""
    monkeypatch.setattr(CUDNN, lambda: None)
    assert not has_bf16(512)


@pytest.mark.filterwarnings("ignore:CUDA is not available")
def test_only_a_gpus_bf16_is_cast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autocast does as it is told in fp16, and on a CPU."""
    assert not asks_bf16(GPU)
    with torch.autocast("cuda", torch.float16):
        assert not asks_bf16(GPU)
    with torch.autocast("cpu", torch.bfloat16):
        assert not asks_bf16(torch.device("cpu"))
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda _kind: True)
    monkeypatch.setattr(torch, "get_autocast_dtype", lambda _kind: torch.bfloat16)
    assert asks_bf16(GPU)
