"""What people look at: reports, drawn figures."""
