"""Mask R-CNN with a ResNet-50 and a feature pyramid as MLPerf trained it up to v3.1: boxes and masks on COCO."""
