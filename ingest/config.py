"""config.yaml → frozen Settings. Whatever is wrong is named with file, line and key; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ingest.errors import ConfigError
from ingest.settings import MIB, Settings

MAX_CONFIG_BYTES = 4 * MIB  # more than 20,000 feeds; a larger file is a mistake
MAX_DEPTH = 20  # the settings nest three deep

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Settings with where they stand.

    Attributes:
        settings: the validated values.
        path: the file, or None for the built-in defaults.
        lines: key path → line, 1-based: `("feeds", 3)` → 41.
    """

    settings: Settings
    path: Path | None = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def where(self, *key: str | int) -> str:
        """`config.yaml:41` for a key; just the file where the key has no line of its own."""
        line = _line_of(self.lines, key)
        return f"{self.path}:{line}" if line else str(self.path)

    def resolve(self, path: Path) -> Path:
        """A path of the file, relative to the file's folder."""
        base = self.path.parent if self.path else Path()
        return base / path.expanduser()


def load_config(path: Path) -> Config:
    """Read and validate a configuration file.

    Raises:
        ConfigError: naming the file, the line and the key of everything that is wrong.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; name another with --config") from error
    if len(raw) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{path}: over {MAX_CONFIG_BYTES // MIB} MiB; list many feeds in an OPML file instead")
    value, lines = _parse_yaml(path, raw)
    try:
        settings = Settings.model_validate({} if value is None else value)
    except ValidationError as error:
        raise ConfigError(_explain(path, lines, error)) from error
    return Config(settings, path, lines)


class _Loader(yaml.SafeLoader):
    """Safe, and without aliases: ten lines of them expand to more than memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "an alias (*name) is not supported; write the value out", mark
            )
        return super().compose_node(parent, index)


def _parse_yaml(path: Path, raw: bytes) -> tuple[Any, dict[KeyPath, int]]:
    try:
        loader = _Loader(raw.decode("utf-8"))
        node = loader.get_single_node()
        if node is None:
            return None, {}
        lines: dict[KeyPath, int] = {}
        _collect_lines(path, node, (), lines)
        return loader.construct_document(node), lines
    except UnicodeDecodeError as error:
        bad = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{bad}: not UTF-8 text: {error.reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: not valid YAML: {problem}") from error
    except (ValueError, RecursionError) as error:  # impossible dates, nesting without end
        raise ConfigError(f"{path}: not valid YAML: {error}") from error


def _collect_lines(path: Path, node: yaml.Node, key: KeyPath, lines: dict[KeyPath, int]) -> None:
    line: int = node.start_mark.line + 1
    lines.setdefault(key, line)
    if len(key) > MAX_DEPTH:
        raise ConfigError(f"{path}:{line}: nested more than {MAX_DEPTH} deep")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            name = str(key_node.value)
            here: int = key_node.start_mark.line + 1
            if name in seen:
                raise ConfigError(f"{path}:{here}: {_dotted((*key, name))}: stands twice; keep one")
            seen.add(name)
            lines[(*key, name)] = here
            _collect_lines(path, value_node, (*key, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect_lines(path, item, (*key, index), lines)


def _line_of(lines: Mapping[KeyPath, int], key: KeyPath) -> int | None:
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key)


def _dotted(key: KeyPath) -> str:
    return ".".join(str(part) for part in key) or "(the whole file)"


def _explain(path: Path, lines: Mapping[KeyPath, int], error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        key: KeyPath = tuple(item["loc"])
        line = _line_of(lines, key)
        where = f"{path}:{line}" if line else str(path)
        reason = "unknown key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        problems.append(f"{where}: {_dotted(key)}: {reason}")
    return "\n".join(problems)
