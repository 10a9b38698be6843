"""Recorded sources of frames, one file per format; `opening.open_source` tells them apart."""
