"""All representations of a mover behind one protocol: `verification.py --compare`."""
