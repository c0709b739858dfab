"""SOQL: read (`parser`), resolved against the objects and turned into SQL (`compiler`), run and shaped (`runner`)."""
