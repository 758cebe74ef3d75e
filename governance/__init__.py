"""Decides and remembers: gate, registry, approvals, audit log, export. Reached through `governance.services`."""
