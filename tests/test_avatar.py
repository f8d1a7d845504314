def speaker(frames, size, seed):
    """placeholder"""
