"""From numbers to documents: text for a terminal, Markdown for a pull request, JSON for a program."""
