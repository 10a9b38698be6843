"""Procedural meshes: vehicles, people, buildings, trees and street furniture, built from numbers alone."""
