"""Where a program is that tektonlint starts."""

from __future__ import annotations

import os


def program(name: str) -> str | None:
    """The absolute path of a program; a relative entry of PATH may lead into the tree that is linted."""
    import shutil

    folders = [folder for folder in os.get_exec_path() if os.path.isabs(folder)]
    path = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    # Windows looks into the working folder first.
    return path if path is not None and os.path.dirname(path) in folders else None
