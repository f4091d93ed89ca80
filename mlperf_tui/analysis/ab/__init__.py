"""A against B: processes of two arms as evidence in, a ratio with its interval and a verdict out. Pure."""
