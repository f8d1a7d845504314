from .cutting import cut_movements as cut_movements
