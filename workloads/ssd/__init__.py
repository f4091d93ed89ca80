"""SSD with a ResNet-34 as MLPerf trained it up to v1.1: 300×300 images, 8,732 default boxes, COCO's mean AP."""
