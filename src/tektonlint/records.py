"""`typing.NamedTuple` without its look at the types of the fields.

It compiles the annotation of each field, which is half of what making such a class costs; a run over one small file
makes seventy of them, and that took a tenth of it. Type checkers see the library's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Making(type):
        """Makes a named tuple of a class's annotations, with what else stands in the class."""

        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = namespace.pop("__annotations__")
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace.pop("__module__"))
            made.__annotations__ = fields
            for attribute, value in namespace.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Making):
        """What classes of this kind name as their base; they are tuples, and not instances of it."""
