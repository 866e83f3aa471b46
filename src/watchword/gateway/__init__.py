"""The policy of the house, in reading order: identify, authenticate, authorize, dispatch, respond, audit.

`serve.py` is the line through them.
"""
