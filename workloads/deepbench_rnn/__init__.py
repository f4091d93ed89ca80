"""DeepBench's recurrent layers: the 53 sizes of its training list, each forward and backward."""
