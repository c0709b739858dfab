"""A simulated Salesforce org: what documented behaviour says an org does, served over HTTPS on one machine."""
