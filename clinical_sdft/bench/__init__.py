"""What training costs here: this engine, TRL's SDFT trainer and plain SFT on the same task, side by side."""
