"""Who exists: accounts, users, groups, roles, policies, buckets. Frozen records, and the port that keeps them.

No I/O here: `storage/` implements the port, `services/` use it.
"""
