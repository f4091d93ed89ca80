"""Measurements that stand behind the numbers we claim: `make bench`, not part of `make test`.

Each one runs both sides in one go, in turn, and prints the machine with its result.
"""
