"""OpenAPI documents: one valid request for every operation that they declare."""
