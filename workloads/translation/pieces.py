"""The pieces with a meaning of their own, the same in every vocabulary: known where sentencepiece isn't installed."""

from __future__ import annotations

PAD, END, START, UNKNOWN = 0, 1, 2, 3
"""Padding 0 and end of sentence 1 are MLPerf's (mlcommons/training, translation, utils/tokenizer.py)."""
