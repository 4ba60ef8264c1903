"""The whole of Legitka on one machine, and a journey through it."""
