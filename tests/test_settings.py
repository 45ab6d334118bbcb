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
    assert settings.chat_endpoints() == []
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
        ("MOKMIN_RERANK_GRADE", "X"),
        ("MOKMIN_RERANK_BASE_URL", "rerank.internal:8002"),
        ("MOKMIN_RERANK_TIMEOUT_MS", "0"),
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
    (endpoint,) = load_settings().chat_endpoints()
    assert (endpoint.model, endpoint.grade, endpoint.timeout_seconds) == ("시청-모델", "O", 60.0)


def test_the_reranker_is_what_the_operator_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().rerank_endpoint is None
    monkeypatch.setenv("MOKMIN_RERANK_BASE_URL", "http://10.0.0.7:8002/v1")
    monkeypatch.setenv("MOKMIN_RERANK_MODEL", "시청-재정렬")
    monkeypatch.setenv("MOKMIN_RERANK_TIMEOUT_MS", "700")
    endpoint = load_settings().rerank_endpoint
    assert endpoint is not None
    assert (endpoint.model, endpoint.grade, endpoint.timeout_seconds) == ("시청-재정렬", "S", 0.7)


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


def test_several_endpoints_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.key").write_text("비밀\n", encoding="utf-8")
    listed = tmp_path / "models.json"
    listed.write_text(
        """[{"name": "큰 모델", "base_url": "http://10.0.0.7/v1", "model": "m", "api_key_file": "a.key",
        "grade": "C", "context_tokens": 32768, "thinking": true, "timeout": 20},
        {"base_url": "http://10.0.0.8/v1", "model": "n"}]""",
        encoding="utf-8",
    )
    monkeypatch.setenv("MOKMIN_MODELS_FILE", str(listed))
    monkeypatch.setenv("MOKMIN_CHAT_BASE_URL", "http://10.0.0.6/v1")
    first, big, small = load_settings().chat_endpoints()
    assert first.model == "default"
    assert (big.name, big.api_key, big.grade, big.timeout_seconds) == ("큰 모델", "비밀", "C", 20.0)
    assert big.profile.context_tokens == 32768 and big.profile.thinking
    assert (small.name, small.api_key, small.grade) == ("n", "none", "S")
    assert not small.profile.personal_data


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON"),
        ("{}", "목록"),
        ('[{"base_url": "http://a"}]', "model"),
        ('[{"base_url": "ftp://a", "model": "m"}]', "base_url"),
        ('[{"base_url": "http://a", "model": "m", "grade": "X"}]', "grade"),
        ('[{"base_url": "http://a", "model": "m", "contxt": 1}]', "contxt"),
        ('[{"base_url": "http://a", "model": "m", "context_tokens": 10}]', "context_tokens"),
        ('[{"base_url": "http://a", "model": "m", "api_key_file": "없음"}]', "api_key_file"),
        (
            '[{"base_url": "http://a", "model": "m"}, {"base_url": "http://b", "model": "m"}]',
            "두 번",
        ),
    ],
)
def test_a_bad_list_of_endpoints_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, said: str
) -> None:
    listed = tmp_path / "models.json"
    listed.write_text(text, encoding="utf-8")
    monkeypatch.setenv("MOKMIN_MODELS_FILE", str(listed))
    with pytest.raises(InvalidInput, match=said):
        load_settings()
