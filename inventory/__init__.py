"""What the city has: sites, systems, assets, and the workspace that keeps them."""
