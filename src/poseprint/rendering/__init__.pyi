from .avatar import write_video as write_video
