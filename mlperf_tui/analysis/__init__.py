"""Pure arithmetic: records and what they add up to in, numbers out. No file, clock or screen is known here."""
