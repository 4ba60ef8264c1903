"""One file per use case: load, decide, save and publish, in a transaction that the caller opens."""
