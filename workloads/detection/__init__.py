"""What the detectors share: COCO's files, shapes in COCO's format, boxes and masks for training, COCO's mean AP."""
