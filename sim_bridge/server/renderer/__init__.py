"""Cameras without a GPU: a tiled visibility-buffer rasteriser in numba. Axes are CARLA's everywhere here."""
