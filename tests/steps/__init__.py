"""The step protocol, from the side of a training loop."""
