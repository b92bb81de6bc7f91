"""What is refused, or taken as it is, before anything starts."""

import pytest

from donebook import settings
from donebook.edge.hosts import Hosts
from donebook.settings import InvalidSetting, Settings


@pytest.mark.parametrize("hosts", ["foo bar", "ex*mple.com", "http://example.com", "example.com:80", "*.", "a/b"])
def test_a_host_name_that_cannot_match_is_refused(hosts):
    with pytest.raises(InvalidSetting, match="ALLOWED_HOSTS"):
        settings.load({"ALLOWED_HOSTS": hosts})


@pytest.mark.parametrize("host", ["example.com", "*.example.com", "*", "10.0.0.1", "[::1]", "fe80::1", "my_box"])
def test_a_host_name_is_taken(host):
    assert settings.load({"ALLOWED_HOSTS": host}).allowed_hosts == (host,)


@pytest.mark.parametrize(
    ("host", "own"),
    [("a.example.com", True), ("a.b.example.com:8000", True), ("example.com", False), ("badexample.com", False)],
)
def test_a_wildcard_allows_every_name_below_a_domain(host, own):
    assert Hosts(Settings(allowed_hosts=("*.example.com",))).own([host.encode()]) is own


def test_a_direct_address_alone_is_refused():
    with pytest.raises(InvalidSetting, match="DATABASE_DIRECT_URL"):
        settings.load({"DATABASE_DIRECT_URL": "postgresql://u:p@h/d"})


@pytest.mark.parametrize("certificate", [__file__, "/nowhere/root.crt", "~nobody-of-that-name/root.crt"])
def test_a_root_certificate_that_cannot_be_used_is_refused(certificate):
    with pytest.raises(InvalidSetting, match="sslrootcert"):
        settings.load({"DATABASE_URL": f"postgresql://u:p@h/d?sslmode=verify-full&sslrootcert={certificate}"})


def test_a_password_in_the_file_is_taken_as_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / ".env").write_text("DATABASE_URL='postgresql://u:${HOME}@h/d'\n")
    assert settings.load().target().password == "${HOME}"
