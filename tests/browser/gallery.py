"""Takes the pictures of `docs/screenshots`: `make screenshots`."""
