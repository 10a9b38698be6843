"""Finding things in the image: the detector, its training and its labels."""
