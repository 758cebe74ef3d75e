"""How good the de-identification is: gold sets, scores with bounds, and the speed beside stock presidio."""
