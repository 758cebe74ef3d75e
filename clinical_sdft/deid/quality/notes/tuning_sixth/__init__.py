"""Material of notes to tune on, once reported on."""
