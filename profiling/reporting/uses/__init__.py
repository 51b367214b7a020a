"""Pages of the uses: one file each, found by its constant PAGE."""
