from .experiments.run import run_experiment as run_experiment
from .settings import PRESETS as PRESETS
from .settings import Settings as Settings
from .training import train as train
from .tuning import tune as tune
