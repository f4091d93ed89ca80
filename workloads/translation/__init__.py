"""What the translation workloads share: a small language pair, parallel text, the subword vocabulary, BLEU."""
