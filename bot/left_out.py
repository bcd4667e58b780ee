"""Lets Rasa be imported without the libraries that no component of ours uses: most of a start, and much memory, is their import."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

_TENSORFLOW = ("tensorflow", "keras", "h5py")
# Clouds, chat services, databases, terminals and plots that Rasa can speak to and Handrail does not, and what it learns with.
_CONNECTIONS = (
    "aio_pika",
    "aiogram",
    "aiormq",
    "apscheduler",
    "boto3",
    "botocore",
    "bson",
    "dns",
    "gridfs",
    "matplotlib",
    "prompt_toolkit",
    "pymongo",
    "questionary",
    "sklearn",
    "slack_sdk",
    "twilio",
    "webexteamssdk",
)


class Unavailable(RuntimeError):
    """A component that needs TensorFlow was asked to work where it was left out."""


class _Kind(type):
    """What stands in for each of TensorFlow's names: a class that may be subclassed, annotated with and used to decorate."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(f"{cls.__name__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__module__ != __name__:
            raise Unavailable(f"{cls.__name__} needs TensorFlow")
        # As a decorator, with arguments or without.
        return args[0] if len(args) == 1 and not kwargs and callable(args[0]) else _same


def _same(decorated: Any) -> Any:
    return decorated


def _is_none(value: object) -> bool:
    return False


_kinds: dict[str, _Kind] = {}


def _named(name: str) -> _Kind:
    if name not in _kinds:
        _kinds[name] = _Kind(name, (), {"__module__": __name__})
    return _kinds[name]


class _Module(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "is_tensor":
            # Asked by libraries of numbers and plots as soon as they see the module.
            return _is_none
        return _named(f"{self.__name__}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self.names else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def leave_out_tensorflow() -> None:
    """From here on this process imports none of it; to be called before Rasa is imported. Harmless where it is there already."""
    if "tensorflow" not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(_TENSORFLOW))


@contextlib.contextmanager
def connections_left_out() -> Iterator[None]:
    """Whatever is imported meanwhile does without them. Whoever imports one of them afterwards gets the real one."""
    finder = _Finder([name for name in _CONNECTIONS if name not in sys.modules])
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Module)]:
            if name.partition(".")[0] in finder.names:
                del sys.modules[name]
