"""What an org starts with: the baseline of every org, and a seed on top."""

from connectors.salesforce.sandbox.seeds.model import Seed, SeedError, read
from connectors.salesforce.sandbox.seeds.planting import plant

__all__ = ["Seed", "SeedError", "plant", "read"]
