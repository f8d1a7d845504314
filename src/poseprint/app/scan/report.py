def summary(folder):
    return {}


def told(found):
    return "ok"
