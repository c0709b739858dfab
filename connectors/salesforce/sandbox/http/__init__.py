"""The org's face: REST resources, composite requests, OAuth, and the controls that only a sandbox has."""
