"""What students see: each page reads what the API reads, and its forms do what the API does."""

from ordering.pages import alerts, cards, consents, information, order, placing, start

routers = [
    start.router,
    placing.router,
    order.router,
    cards.router,
    alerts.router,
    consents.router,
    information.router,
]
