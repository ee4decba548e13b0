"""One module a step, each behind the one it names. A step that was shipped is never changed."""
