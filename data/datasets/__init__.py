"""Recorded sources of frames, one file per format; `source.open_source` tells them apart."""
