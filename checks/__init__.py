"""What is asked of each asset, and how its replies are judged."""
