"""The towns we ship (`.xodr`) and the scripts that author them (development only)."""
