"""Ordering: students, consents, orders and their timelines."""
