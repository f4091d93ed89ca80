"""Plain training programs, each runnable by hand: `python -m workloads.resnet50 --precision amp`."""
