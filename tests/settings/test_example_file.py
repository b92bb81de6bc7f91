"""`.env.example` documents every setting, with its true default."""

import re
from pathlib import Path

import msgspec
import pytest
from dotenv import dotenv_values

from donebook.db.url import parse_database_url
from donebook.settings import Settings, load
from tests.server import ROOT

TEXT = (ROOT / ".env.example").read_text()
COMMENTED = re.findall(r"^# ([A-Z_]+)=(.*)$", TEXT, re.MULTILINE)


def test_every_setting_is_documented_once_with_its_default():
    examples = [(name, value) for name, value in COMMENTED if "://alice" not in value]
    assert sorted(name for name, _ in examples) == sorted(Settings.__struct_encode_fields__)
    for name, value in examples:
        assert load({name: value}) == load({})
        default = msgspec.to_builtins(load({}), enc_hook=str)[name]
        assert value == spelt(default)


def spelt(value: object) -> str:
    """How the file spells a default."""
    if isinstance(value, list | tuple):
        return ",".join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value).lower()


def test_every_setting_has_a_word_of_explanation():
    for name, _ in COMMENTED:
        before = TEXT[: TEXT.index(f"# {name}=")].rstrip("\n").rpartition("\n")[2]
        assert re.match(r"# \S+ ", before), name


def test_copied_as_it_is_it_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    for name in Settings.__struct_encode_fields__:
        monkeypatch.delenv(name, raising=False)
    assert dotenv_values(".env") == {}
    assert load() == load({})


def test_uncommented_as_it_is_it_changes_nothing(tmp_path: Path):
    lines = [f"{name}={value}" for name, value in COMMENTED if "://alice" not in value]
    (tmp_path / "all").write_text("\n".join(lines))
    assert load({name: value or "" for name, value in dotenv_values(tmp_path / "all").items()}) == load({})


def test_the_example_of_a_neon_url_is_understood():
    [url] = [value for _, value in COMMENTED if "neon.tech" in value]
    target = parse_database_url(url)
    assert target.pooled
    assert target.sslmode == "require"
    assert target.database == "donebook"
