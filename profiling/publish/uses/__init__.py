"""The uses of segments and profiles beyond areas, addresses and customers: one file each, and what they share."""
