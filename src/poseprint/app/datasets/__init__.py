"""Data sets: made, added to, described."""

from poseprint.app.datasets.build import build as build
from poseprint.app.datasets.collect import collect as collect
from poseprint.app.datasets.convert import import_csv_pair as import_csv_pair
from poseprint.app.datasets.convert import import_kinect as import_kinect
from poseprint.app.datasets.describe import describe as describe
from poseprint.app.datasets.exchange import export as export
from poseprint.app.datasets.exchange import import_poses as import_poses
