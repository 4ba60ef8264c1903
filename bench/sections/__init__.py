"""What is measured, a module each: its `measure` gives figures by their names (`bench/wanted.py`)."""
