"""The database: one ordered event log per build, the single source of truth and the only meeting point."""
