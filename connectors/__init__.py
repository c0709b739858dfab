"""The systems guestlist speaks to: one folder each, found by its folder, named by nothing outside it."""
