"""What the translators share: a small language pair, parallel text, the subword vocabulary, batches' sources, BLEU."""
