"""The network: feeds and pages, fetched politely and safely, as values."""
