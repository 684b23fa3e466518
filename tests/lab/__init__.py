"""Real mail servers on loopback: for tests, measurements and the demo.  See lab.py."""

from tests.lab.lab import Lab, start

__all__ = ["Lab", "start"]
