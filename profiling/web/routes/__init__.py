"""The modules of the analysis tool: one file each, found by its constant ROUTES."""
