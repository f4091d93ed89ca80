"""Transformer big as MLPerf trained it from v0.5 to v0.7: Adam with inverse square root decay, beam search, BLEU."""
