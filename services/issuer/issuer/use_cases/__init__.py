"""One file per use case: load, decide, save and publish, in the transaction that the caller has opened."""
