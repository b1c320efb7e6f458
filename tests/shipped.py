"""The classes that the package ships, so that tests can ask the same of each."""

from __future__ import annotations

from importlib import import_module
from inspect import isabstract, isclass
from pkgutil import walk_packages
from types import ModuleType


def list_shipped(package: ModuleType, *bases: type) -> dict[str, type]:
    """List the classes that a package's modules make from some bases, by name; abstract ones are left out."""
    modules = [import_module(found.name) for found in walk_packages(package.__path__, f"{package.__name__}.")]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isclass(value) and issubclass(value, bases) and not isabstract(value) and value.__module__ == module.__name__
    }
