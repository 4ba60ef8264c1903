"""Gives each part of Legitka what it needs to run, and no more: secrets, databases, rights on topics."""
