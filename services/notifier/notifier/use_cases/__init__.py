"""What the notifier does: one file per use case, each in the caller's transaction."""
