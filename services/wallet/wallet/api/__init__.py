"""The HTTP routes: parse, use case, answer."""
