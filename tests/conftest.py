"""What all tests share: how many examples Hypothesis tries.

HYPOTHESIS_PROFILE=default for a quick run, ci for the verdict on a change, nightly for a long search.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=1000, print_blob=True)
settings.register_profile("nightly", parent=settings.get_profile("ci"), max_examples=100_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
