"""Words that everybody uses: ARNs, errors, ids, HTTP messages, tags, time. No I/O, no clock, no randomness."""
