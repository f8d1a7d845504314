from .motion_capture import read_bvh as read_bvh
from .movement_netcdf import read_movement as read_movement
from .movement_netcdf import write_movement as write_movement
from .paper_csv import read_csv_pair as read_csv_pair
from .paper_csv import write_csv_pair as write_csv_pair
from .pose_file import read_pose_file as read_pose_file
from .pose_file import write_pose_file as write_pose_file
from .poses import read_any_poses as read_any_poses
