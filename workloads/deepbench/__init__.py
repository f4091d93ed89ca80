"""What the DeepBench kernels share: a problem is timed alone, and a run is one pass over all of its scale."""
