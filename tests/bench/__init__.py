"""What the site costs: bytes, server CPU, speed and memory. Run it with `python -m tests.bench`.

It measures and prints; it asserts nothing. Wall-clock figures of a shared machine move by a factor of two or
more from run to run, so the figures to compare are the ratios to a bare Django view in the same run.
"""
