"""DeepBench's all-reduce: the 7 sizes of its list, summed over all processes, by NCCL on GPUs and Gloo on CPUs."""
