"""DeepBench's matrix products: the 160 sizes of its training list."""
