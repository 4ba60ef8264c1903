"""Every SQL statement of the service, by subject. Knows rows and domain objects, decides nothing."""

from ordering.store import (
    audit,
    clerks,
    consents,
    erasure,
    extensions,
    imports,
    orders,
    past,
    placing,
    questions,
    retention,
    students,
    timeline,
)

__all__ = [
    "audit",
    "clerks",
    "consents",
    "erasure",
    "extensions",
    "imports",
    "orders",
    "past",
    "placing",
    "questions",
    "retention",
    "students",
    "timeline",
]
