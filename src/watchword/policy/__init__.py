"""What a policy says about a request: the language, its literal meaning (`spec`), and the fast engine (`evaluate`).

Pure functions over frozen values: no I/O, no clock, no randomness.
"""
