"""The audit export: one zip that proves itself offline."""
