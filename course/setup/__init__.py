"""From a clone to an open JupyterLab: the environment and its repair."""
