"""How much guestlist costs: the core's time against bare libraries, and the calls that a run makes to its targets."""
