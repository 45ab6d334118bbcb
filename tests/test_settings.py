"""Settings come from the environment and nowhere else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from mokmin.base.errors import InvalidInput
from mokmin.settings import Settings, demo_password, first_password, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("MOKMIN_")]:
        monkeypatch.delenv(name)


def test_defaults_need_no_environment() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.host == "127.0.0.1"
    assert settings.chat_endpoint is None
    assert 1 <= settings.model_threads <= 4


def test_home_argument_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOKMIN_HOME", "/nowhere")
    assert load_settings().home == Path("/nowhere")
    assert load_settings(tmp_path).home == tmp_path
    assert load_settings(tmp_path).sqlalchemy_url == f"sqlite:///{tmp_path.resolve()}/mokmin.db"


def test_values_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOKMIN_PORT", "8123")
    monkeypatch.setenv("MOKMIN_SECURE_COOKIES", "true")
    monkeypatch.setenv("MOKMIN_THREADS", "3")
    settings = load_settings()
    assert (settings.port, settings.secure_cookies, settings.model_threads) == (8123, True, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOKMIN_PORT", "여덟"),
        ("MOKMIN_PORT", ""),
        ("MOKMIN_SECURE_COOKIES", "yes"),
        ("MOKMIN_CHAT_GRADE", "X"),
    ],
)
def test_a_wrong_value_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name):
        load_settings()


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("열쇠\n", encoding="utf-8")
    monkeypatch.setenv("MOKMIN_CHAT_API_KEY", "from the environment")
    monkeypatch.setenv("MOKMIN_CHAT_API_KEY_FILE", str(secret))
    assert load_settings().chat_api_key == "열쇠"


def test_only_secrets_are_read_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "host"
    path.write_text("0.0.0.0", encoding="utf-8")
    monkeypatch.setenv("MOKMIN_HOST_FILE", str(path))
    assert load_settings().host == "127.0.0.1"


def test_the_endpoint_is_what_the_operator_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOKMIN_CHAT_BASE_URL", "http://10.0.0.7:8080/v1")
    monkeypatch.setenv("MOKMIN_CHAT_MODEL", "시청-모델")
    monkeypatch.setenv("MOKMIN_CHAT_GRADE", "O")
    endpoint = load_settings().chat_endpoint
    assert endpoint is not None
    assert (endpoint.model, endpoint.grade, endpoint.timeout_seconds) == ("시청-모델", "O", 60.0)


def test_passwords_for_the_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_password() is None
    assert len(demo_password()) >= 10
    monkeypatch.setenv("MOKMIN_ADMIN_PASSWORD", "열글자가넘는비밀번호")
    assert first_password() == "열글자가넘는비밀번호"


def test_no_test_can_reach_the_network() -> None:
    with (
        socket.socket() as probe,
        pytest.warns(UserWarning, match=r"192\.0\.2\.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        probe.connect(("192.0.2.1", 80))
