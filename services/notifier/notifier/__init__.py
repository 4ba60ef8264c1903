"""Alerts about student cards, and how they reach people: inbox and e-mail."""
