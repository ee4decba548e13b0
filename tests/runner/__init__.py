"""Tests of the walk, its sessions and what it keeps."""
