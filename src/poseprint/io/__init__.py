"""Files to data and back: videos, poses, data sets, profiles. Knows no movement."""
