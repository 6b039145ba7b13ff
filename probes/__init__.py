"""Running an image: tracers that watch it and probes that exercise it."""
