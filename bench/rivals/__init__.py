"""What the pipeline compares itself with: the same payloads over the same broker into the same PostgreSQL."""
