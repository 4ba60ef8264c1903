"""The activation of cards, and their presentation: offers, tokens, sealed packs and checks."""
