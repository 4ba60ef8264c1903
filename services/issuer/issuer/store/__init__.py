"""Every SQL statement of the issuer, one module per subject.

Rows are locked in one order everywhere: students by (institution, student), then credentials by order id.
"""
