"""Material of notes to tune on."""
