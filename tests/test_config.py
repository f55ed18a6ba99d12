from __future__ import annotations

from pathlib import Path

import pytest

from ingest.config import load_config
from ingest.errors import ConfigError
from ingest.settings import MIB, Settings, parse_duration, parse_size
from tests.conftest import ROOT


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "")).settings == Settings()


def test_values_arrive_typed_and_lines_are_known(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            "poll:\n  interval: 20m\nfeeds:\n  - https://a.example/\n  - url: http://b.example/\n    tags: [x]\n",
        )
    )
    assert config.settings.poll.interval == 1200
    assert [feed.url for feed in config.settings.feeds] == ["https://a.example/", "http://b.example/"]
    assert config.where("feeds", 1).endswith("config.yaml:5")


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        ("polls: {}\n", 1, "polls", "unknown key"),
        ("poll:\n  intervall: 5m\n", 2, "poll.intervall", "unknown key"),
        ("poll:\n  interval: five\n", 2, "poll.interval", "quantity"),
        ("poll:\n  interval: -5\n", 2, "poll.interval", "greater than 0"),
        ("poll:\n  interval: .inf\n", 2, "poll.interval", "finite"),
        ("poll:\n  interval: 1m\n", 1, "poll", "min_interval"),
        ("fetch:\n  max_redirects: many\n", 2, "fetch.max_redirects", "integer"),
        ("fetch:\n  max_redirects: true\n", 2, "fetch.max_redirects", "integer"),
        ("fetch:\n\n  allow_networks: [10.0.0.1/8]\n", 3, "fetch.allow_networks.0", "host bits"),
        ("feeds:\n  - https://ok.example/\n  - ftp://no.example/\n", 3, "feeds.1.url", "http(s)"),
        ("feeds: [javascript:alert(1)]\n", 1, "feeds.0.url", "http(s)"),
        ("poll: {interval: 10m}\npoll: {interval: 20m}\n", 2, "poll", "twice"),
        ("poll:\n\tinterval: 5m\n", 2, "", "YAML"),
        ("a: &a [*a]\n", 1, "", ""),
        ("database: !!python/object/apply:os.system [id]\n", 1, "", "YAML"),
        ("- a\n- b\n", 1, "(the whole file)", "dictionary"),
    ],
)
def test_whatever_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, key: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: "), message
    assert key in message
    assert reason in message


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, "one: 1\ntwo: 2\n"))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\x00", b"a: \xe9\n", b"[" * 5000, b"a: " + b"{b: " * 500 + b"1" + b"}" * 500]
)
def test_hostile_bytes_are_a_config_error(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(ConfigError):
        load_config(write(tmp_path, text))


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="alias"):
        load_config(write(tmp_path, "\n".join(lines)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_config(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5h", 5400), (7, 7), ("500ms", 0.5), ("2w", 1209600)]
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("amount", ["9" * 400, ".inf", "-.inf", ".nan", "1e300", "9" * 400 + "d", "9" * 400 + "GiB"])
@pytest.mark.parametrize("key", ["fetch.timeout", "fetch.max_page_bytes", "retention.max_age", "retention.max_size"])
def test_a_quantity_beyond_all_measure_is_named_with_its_line(tmp_path: Path, key: str, amount: str) -> None:
    section, name = key.split(".")
    path = tmp_path / "config.yaml"
    path.write_text(f"{section}:\n  {name}: {amount}\n")
    with pytest.raises(ConfigError, match=rf"config\.yaml:2: {key}: "):
        load_config(path)


def test_sizes() -> None:
    assert parse_size("10MiB") == 10 * MIB
    assert parse_size("3 kb") == 3000
    with pytest.raises(ValueError, match="10MiB"):
        parse_size("10 apples")


def test_the_shipped_config_is_valid_and_names_every_setting_with_its_default() -> None:
    config = load_config(ROOT / "config.yaml")
    text = (ROOT / "config.yaml").read_text()
    for section, field in Settings.model_fields.items():
        assert f"\n{section}:" in text or f"\n# {section}:" in text, section
        inner = getattr(field.annotation, "model_fields", None)
        if inner is None:
            continue
        defaults = getattr(Settings(), section)
        for key in inner:
            assert f"\n  {key}:" in text or f"\n  # {key}:" in text, f"{section}.{key}"
            if key != "contact":
                assert getattr(getattr(config.settings, section), key) == getattr(defaults, key), f"{section}.{key}"
