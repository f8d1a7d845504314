"""A PoseSeries into what can be measured. Touches no disk, no picture and no model."""
