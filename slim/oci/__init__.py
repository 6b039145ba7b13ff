"""The image model: paths, entries, Tree, configuration, archives. No engine, no network."""
