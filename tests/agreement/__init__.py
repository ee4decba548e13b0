"""Our verdicts beside those of three judges that are not ours, on the same hosts of the practice city."""
