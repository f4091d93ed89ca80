"""Secrets never reach the disk, and ordinary options are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.session import redact


@pytest.mark.parametrize(
    ("given_words", "shown"),
    [
        (("x", "--api-key", "abc"), ("x", "--api-key", "[redacted]")),
        (("x", "--hf-token=abc"), ("x", "--hf-token=[redacted]")),
        (("env", "WANDB_API_KEY=abc", "x"), ("env", "WANDB_API_KEY=[redacted]", "x")),
        (("x", "--authToken", "abc"), ("x", "--authToken", "[redacted]")),
        (("x", "hf_abcdefghijklmnopqrst"), ("x", "[redacted]")),
        (("x", "https://me:pw@host/p"), ("x", "https://me:[redacted]@host/p")),
        (("x", "--max-tokens", "512"), ("x", "--max-tokens", "512")),
        (("x", "--tokenizer", "bpe", "--lr=0.1"), ("x", "--tokenizer", "bpe", "--lr=0.1")),
        (("x", "--password", "--verbose"), ("x", "--password", "--verbose")),
    ],
)
def test_command_lines(given_words: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """What is hidden and what is not."""
    assert redact.argv(given_words) == shown


@given(st.lists(st.text(max_size=20), max_size=8))
def test_a_command_line_keeps_its_length(words: list[str]) -> None:
    """Any words: none is added or lost."""
    assert len(redact.argv(words)) == len(words)


def test_environment_keeps_what_changes_training() -> None:
    """Settings of CUDA, NCCL and the like, and nothing else of a person's environment."""
    kept = redact.environment(
        {"CUDA_VISIBLE_DEVICES": "0", "HOME": "/root", "TORCH_TOKEN": "abc", "NCCL_DEBUG": "INFO"}
    )
    assert kept == {"CUDA_VISIBLE_DEVICES": "0", "NCCL_DEBUG": "INFO", "TORCH_TOKEN": "[redacted]"}
