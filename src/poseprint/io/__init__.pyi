from .paper_csv import read_csv_pair as read_csv_pair
from .paper_csv import write_csv_pair as write_csv_pair
from .poses import read_any_poses as read_any_poses
