"""tektonlint: tells before the commit what Tekton would refuse, drop, kill or corrupt at run time."""

__version__ = "0.1.0"
