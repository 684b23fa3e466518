"""Certificates: one's own, whose private keys are kept locked, and those of correspondents."""
