"""Who was seen on the networks of devices that are asked at a prompt: one file a maker, taken over by name."""
