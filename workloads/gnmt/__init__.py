"""GNMT as MLPerf trained it from v0.5 to v0.7: LSTMs with attention, Adam with step decay, beam search, BLEU."""
