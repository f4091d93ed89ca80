"""DAWNBench's ResNet-18 on CIFAR-10, as the entry of bkj (basenet) trained it."""
