"""DeepBench's convolutions: the 94 layers of its training list, each forward and backward."""
