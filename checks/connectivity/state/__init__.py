"""What is the case on devices that are asked at a prompt: one file a maker, taken over by the platforms by name."""
