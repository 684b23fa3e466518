"""OpenPGP keys of people and of those they write with; all that uses them is in the browser."""
