"""Features: one family per file turns columns into model inputs. Hard features model; soft features only describe."""
