"""Who exists: accounts, users, groups, roles, policies, buckets. Frozen records, and the port through which they are kept.

No I/O here: `storage/` implements the port, `services/` use it.
"""
