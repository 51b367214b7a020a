"""Open, reproducible look-alike household profiles: from lending records to a published profile."""

import os

__version__ = "0.1.0"

# Threads of LightGBM that wait for each other must sleep, not spin: with other work on the same two cores spinning
# made a training of a third of a second take twenty. OpenMP reads this once, when its library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The matrices of a logistic regression here are narrow: more BLAS threads than one only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
