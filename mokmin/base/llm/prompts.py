"""Prompts that rooms give to a model: the shipped files, or what a city uses in their place.

A room asks for its prompt by its package and a name each time it writes; it never keeps a copy, so that a
published edit counts at the next question. The texts are given to the model as they are: nothing in them
is ever a template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in use. ``version`` is 0 for the shipped text."""

    key: str
    text: str
    version: int = 0

    @property
    def label(self) -> str:
        """Which prompt it is, for traces and the log: ``answering/answer:3``."""
        return f"{self.key}:{self.version}"


class Prompts(Protocol):
    """Where the prompts in use come from."""

    def get(self, package: str, name: str) -> Prompt:
        """The prompt that a package ships as ``prompts/NAME.md``, as it is used now."""
        ...


class ShippedPrompts:
    """The files of the packages."""

    def get(self, package: str, name: str) -> Prompt:
        """See ``Prompts``. Raises FileNotFoundError for a prompt that no package ships."""
        return Prompt(key_of(package, name), shipped(package, name))


@cache
def shipped(package: str, name: str) -> str:
    """The text of a shipped prompt."""
    path = resources.files(package).joinpath("prompts", f"{name}.md")
    return path.read_text(encoding="utf-8")


def key_of(package: str, name: str) -> str:
    """The stable key of a prompt: the room and the name, as in ``answering/answer``."""
    return f"{package.rpartition('.')[2]}/{name}"


SHIPPED = ShippedPrompts()
