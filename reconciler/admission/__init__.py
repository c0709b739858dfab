"""Whether a grant is admitted: a pure judgement over the grant and the clock."""
