"""Signature Version 4: make signatures and prove them. Sans-I/O; knows no directory, no clock, no randomness.

read_claim → (the gateway looks the key up) → verify → payload_reader (S3 bodies)
"""
