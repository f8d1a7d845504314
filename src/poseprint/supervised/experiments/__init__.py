"""The paper's experiments, and those it proposes, on honest splits."""
