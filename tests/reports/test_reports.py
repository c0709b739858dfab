"""What people read: nothing that came from a file or a target speaks Markdown, and one cause is said once."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from reconciler.model import Reason, ReasonCode
from reconciler.plan.demand import Hold
from reconciler.reports.markdown import escape
from reconciler.reports.text import holds_text


@given(st.text(alphabet=st.sampled_from("ab *_`[]()#|~<>&@!\\\n\r-.")))
def test_escaped_text_is_only_text(text: str) -> None:
    """No markup, no HTML, no mention of anybody, and never a second line of a table."""
    escaped = escape(text)
    assert not re.search(r"[<>@\n\r]", escaped)
    assert re.fullmatch(r"(?:\\[\\`*_\[\]#|~]|&(?:lt|gt|amp|#64);|[^\\`*_\[\]#|~&])*", escaped)


def test_names_stay_readable() -> None:
    assert escape("vendor-case-triage (acme.example)") == "vendor-case-triage (acme.example)"


def test_one_cause_is_said_once() -> None:
    """However much it holds."""
    reason = Reason(ReasonCode.BROKEN_DECLARATION, "its file cannot be used", "vendors/acme.yaml:3")
    out = Text()
    holds_text(out, [Hold("crm", reason, "acme", None, f"m{number}@acme.example") for number in range(3)])
    assert out.plain.count("its file cannot be used (vendors/acme.yaml:3)") == 1
    assert all(f"m{number}@acme.example" in out.plain for number in range(3))
