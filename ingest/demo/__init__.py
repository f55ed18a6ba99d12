"""A loopback newsroom that carries wire copy, for the demo and the tests."""
