"""The web site of a run: one folder of pages, from the city down to a machine's reply, without any server."""
