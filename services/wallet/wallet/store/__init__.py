"""Every SQL statement of the wallet service, one module per subject."""
