"""Which Donebook this is."""

from importlib.metadata import version

VERSION = version("donebook")
