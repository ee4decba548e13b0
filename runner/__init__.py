"""Who walks: connects, asks, judges, and keeps what was said."""
