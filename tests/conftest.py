"""What holds for every test."""

from hypothesis import settings

settings.register_profile("guestlist", deadline=None)  # a busy machine is no falsifying example
settings.load_profile("guestlist")
