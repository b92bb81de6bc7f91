"""A wrong value ends the start with exit code 2 and one line that names variable, value and what was expected."""

import pytest

from donebook.settings import InvalidSetting, load
from tests.settings.conftest import Serve, said

PORTS = "a whole number from 1 to 65535"
LEVELS = "one of debug, info, warning, error"
AT_THE_START = [
    ("PORT", "0", PORTS),
    ("PORT", "abc", PORTS),
    ("HOST", "nope", "an IP address or `localhost`"),
    ("HOST", "0.0.0.0", "ALLOW_OPEN=true"),
    ("LOG_LEVEL", "loud", LEVELS),
    ("AUTO_MIGRATE", "maybe", "true or false"),
    ("ALLOWED_ORIGINS", "example.com", "https://app.example.com"),
    ("ALLOWED_HOSTS", "https://example.com", "host names"),
]
OTHERS = [
    *(("PORT", value, PORTS) for value in ("-1", "65536", "70000", "8000.5", "0x50", "80 80", "٨٠", "9" * 5000)),
    *(
        ("HOST", value, "IP address")
        for value in ("256.0.0.1", "127.0.0.1:80", "http://localhost", "127.1", "[::1", "*")
    ),
    *(("HOST", value, "ALLOW_OPEN=true") for value in ("::", "192.168.1.1", "fe80::1", "::ffff:10.0.0.1")),
    *(("LOG_LEVEL", value, LEVELS) for value in ("trace", "10", "in fo")),
    *(("LOG_FORMAT", value, "one of auto, json, text") for value in ("xml", "1")),
    *(("AUTO_MIGRATE", value, "true or false") for value in ("yes", "on", "2", "tru", "null")),
    *(("POOL_SIZE", value, "a whole number from 1 to 1000") for value in ("0", "1001", "many")),
    *(("REQUEST_TIMEOUT", value, "seconds") for value in ("0", "-1", "soon", "nan", "inf", "1e9")),
    *(("TRASH_DAYS", value, "a number above 0, at most 36500") for value in ("0", "-1", "a month", "nan", "36501")),
    *(("LOG_DAYS", value, "a number from 0 to 36500") for value in ("-1", "ever", "nan", "1e9")),
    *(("STATEMENT_TIMEOUT", value, "seconds") for value in ("0", "1s")),
    *(("DATABASE_POOLER", value, "one of auto, transaction, none") for value in ("pgbouncer", "true")),
    *(("ALLOW_OPEN", value, "true or false") for value in ("maybe", "y")),
    *(
        ("ALLOWED_ORIGINS", value, "origins")
        for value in ("*", "https://*.example.com", "https://a.example/", "http://")
    ),
    ("ALLOWED_ORIGINS", "https://a.example, b.example", "origins"),
    *(("ALLOWED_HOSTS", value, "host names") for value in ("example.com:80", "a.example, http://b.example")),
]


@pytest.mark.parametrize(("variable", "value", "expected"), AT_THE_START)
def test_a_wrong_value_ends_the_start_with_one_line(serve: Serve, variable: str, value: str, expected: str):
    line = said(serve(**{variable: value}), 2)
    assert variable in line
    assert value in line
    assert expected in line


@pytest.mark.parametrize("command", ["database upgrade --no-prompt", "schema openapi"])
def test_other_commands_refuse_a_wrong_value_alike(serve: Serve, command: str):
    assert "PORT='0'" in said(serve(*command.split(), PORT="0"), 2)


@pytest.mark.parametrize(("variable", "value", "expected"), OTHERS)
def test_a_wrong_value_is_named_with_what_was_expected(variable: str, value: str, expected: str):
    with pytest.raises(InvalidSetting) as refusal:
        load({variable: value})
    line = str(refusal.value)
    assert line.startswith(f"{variable}=")
    assert value.rpartition(", ")[2] in line
    assert expected in line
    assert line.isprintable()


@pytest.mark.parametrize(
    ("variable", "value", "meant"),
    [
        ("PORT", " 8080 ", 8080),
        ("PORT", "65535", 65535),
        ("HOST", "localhost", "localhost"),
        ("HOST", "::1", "::1"),
        ("HOST", "127.0.0.2", "127.0.0.2"),
        ("LOG_LEVEL", "WARNING", "warning"),
        ("AUTO_MIGRATE", "False", False),
        ("AUTO_MIGRATE", "0", False),
        ("ALLOWED_HOSTS", "a.example , *.b.example,", ("a.example", "*.b.example")),
        ("ALLOWED_ORIGINS", "https://a.example,http://b.example:8080", ("https://a.example", "http://b.example:8080")),
        ("TRASH_DAYS", "0.5", 0.5),
        ("LOG_DAYS", "0", 0.0),
        ("DATABASE_URL", "", None),
        ("PORT", "", 8000),
        ("PORT", "  ", 8000),
    ],
)
def test_a_right_value_is_taken_however_it_is_spelt(variable: str, value: str, meant: object):
    assert getattr(load({variable: value}), variable.lower()) == meant


def test_variables_of_others_are_no_concern_of_ours():
    assert load({"PORTS": "x", "port": "x", "DONEBOOK": "x", "HOSTNAME": "nope"}) == load({})
