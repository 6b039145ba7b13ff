"""slim: the smallest container image that still works, with the proof."""

__version__ = "0.1.0"
