"""Why each path of an image was kept or dropped, read back from a saved plan and its trace."""
