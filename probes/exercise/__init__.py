"""Probes: what the user wants the image to be able to do, and what came of it."""
