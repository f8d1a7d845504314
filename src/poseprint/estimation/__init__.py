"""Pictures into poses."""
