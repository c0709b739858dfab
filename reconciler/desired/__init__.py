"""The desired state: strict YAML at a Git revision, typed, with every value's file, line and column."""
