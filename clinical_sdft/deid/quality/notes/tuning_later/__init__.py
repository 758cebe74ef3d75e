"""Material of notes to report on: never read for the engine's sake, and its misses never looked at."""
