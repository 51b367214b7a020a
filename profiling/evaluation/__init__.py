"""How good is a ranking, said without negatives: the unlabelled rows are a sample of the base, not of the others.

Only this room may read the truth columns of a population (`truth.py`), and only simulations and test beds have
them. Every measure stands with its formula and where it comes from; depth is always measured on the base; ties are
split by expectation, so that no answer depends on the order of the rows; and what is estimated comes as an
`Estimate` with an interval from whole areas drawn again (`resampling.py`).
"""
