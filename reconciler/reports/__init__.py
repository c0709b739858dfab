"""Values to text, Markdown and JSON; no input or output happens here."""
