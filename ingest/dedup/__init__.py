"""Which texts are one text: shingles, signatures, bands, verification, the canonical one."""
