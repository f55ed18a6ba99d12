"""One list of agencies and outlets: what extraction, deduplication and the table `agencies` know of them."""
