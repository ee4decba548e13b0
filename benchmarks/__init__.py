"""How fast an audit is, as ratios to what administrators know: `benchmarks/run` measures and writes RESULTS.md."""
