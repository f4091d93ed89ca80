"""What the image classifiers share: the digits, one batch of noise, the way onto the device, top-1."""
