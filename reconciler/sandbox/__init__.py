"""A whole little company on this machine: real or faithful stand-ins for every kind of target, and a repository."""
