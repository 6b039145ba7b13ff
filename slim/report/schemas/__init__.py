"""The JSON Schemas of the files that slim writes, shipped with the package."""
