"""`python -m poseprint` is the command `poseprint`."""

from poseprint.app.cli.main import main

if __name__ == "__main__":
    main()
