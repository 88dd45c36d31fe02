"""The same random examples in every run, so that a red run is about the change; long runs are those of ``fuzz``."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
