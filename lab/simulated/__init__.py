"""The practice city where no real machines can be had: hosts that answer over real SSH, from recordings."""
