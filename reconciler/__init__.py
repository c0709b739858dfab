"""guestlist: vendor access, declared in Git and reconciled with what is live."""
