"""A simulated Salesforce org: what documented behaviour says an org does, served over HTTPS on one machine."""

from connectors.salesforce.sandbox.part import SalesforceSandbox

SANDBOX = SalesforceSandbox()

__all__ = ["SANDBOX"]
