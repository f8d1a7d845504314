"""Networks that judge a movement."""
