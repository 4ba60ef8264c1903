"""The events of Legitka and the catalogue of their topics. Imports nothing of ours."""
