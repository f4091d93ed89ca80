"""One pane one file: each turns a Snapshot into rows and knows nothing of the others."""
