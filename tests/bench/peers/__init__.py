"""Peers: scripts that run in environments of their own (`make .venv-peers-dedup`) and import nothing of ours.

Each reads a JSONL file with `text` and writes one JSON object: `method`, `seconds`, and `rows`, one a setting, with
`threshold` and `pairs` (two line numbers each, from 0) or, where the peer only groups, `clusters`.
"""
