"""A labelled set of copies and look-alikes, made from real article texts with fixed seeds.

`generate` makes it (`python -m tests.bench.quality.generate --help`), `score` scores decisions on it.
The articles fall in two halves by a hash of their URL: rules are tuned on one and reported on the other.
"""
