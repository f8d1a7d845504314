"""What a user can ask for; command line and Python call the same."""
