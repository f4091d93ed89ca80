"""ResNet-50 v1.5 as MLPerf trained it up to v4.0: torchvision's model, SGD with polynomial decay, top-1."""
