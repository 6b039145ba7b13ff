"""Probe files: probes, and the lives of an image, as YAML or TOML; docs/probes.md documents them."""
