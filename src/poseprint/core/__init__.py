"""What everything passes around: poses, findings, verdicts, errors. Needs numpy and nothing of poseprint."""
