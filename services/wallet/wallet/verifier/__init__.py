"""The verifier: a static site of its own that checks shown cards in the checker's browser.

A process without database, keys or sessions, so that whoever breaks into the wallet's API does not serve the
page that checks what this API says.
"""
