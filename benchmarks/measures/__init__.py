"""One file for each group of measures: `measure(rig)` yields its rows. `ORDER` is that of the table."""

ORDER = ("login", "trips", "black_holes", "devices", "profile", "testinfra", "ansible", "lynis", "growth", "start")
