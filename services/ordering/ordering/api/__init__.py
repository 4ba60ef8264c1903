"""JSON routes: parse, use case, answer."""
