"""Tables and engine behind the demonstration data."""
