"""Tests of the server checks, over recorded replies."""
