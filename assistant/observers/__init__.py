"""Watchers of the loop: recording, video, metrics, progress, JSON lines."""
