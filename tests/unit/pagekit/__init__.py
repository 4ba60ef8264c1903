"""Pages: words, files, headers."""
