"""The issuer: offers, cards, their status and their keys."""
