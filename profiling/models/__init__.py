"""The estimators: one file each, found by its constant ESTIMATOR through `profiling.plugs`.

Every estimator learns what sets a reference group (y = 1) apart from the rows it is contrasted with (y = 0,
unlabelled and never called negative), scores rows so that higher is more like the group, and writes its state as
text. `spec.py` says what an estimator promises, `classifier.py` holds the part that all of them share, and the
simple rivals (`random_ranking.py`, `segment_index.py`) stand in every comparison. A new estimator is one new file;
`tests/models/test_estimator_contract.py` runs over all of them.
"""
