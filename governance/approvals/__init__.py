"""Who may say yes: people, their passwords, and signatures that bind them to exactly one bundle."""
