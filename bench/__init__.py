"""Measurements on real servers: medians and ratios, never a pass or a fail.  `make bench`."""
