"""Self-Distillation Fine-Tuning (Shenfeld et al. 2026, arXiv 2601.19897): one model, taught by itself."""
