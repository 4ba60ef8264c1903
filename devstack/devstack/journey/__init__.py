"""A student's journey as clients see it, over HTTP only: portal, wallet app, and whoever checks a card.

The demo, the journey tests and the benchmarks walk with these clients. They use nothing of the services.
"""
