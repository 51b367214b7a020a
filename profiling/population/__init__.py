"""The base: households, segment schemes, areas and addresses, and the store that hands them out in batches."""
