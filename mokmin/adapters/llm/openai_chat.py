"""Chat models at OpenAI-compatible endpoints. The only room that knows httpx and openai."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import Message

_DOWN = "언어모델이 응답하지 않습니다. 잠시 뒤 다시 시도하거나 관리자에게 알려 주세요."
CONNECT_SECONDS = 5.0


class OpenAIChat:
    """Implements ``ChatModel``. ``grade`` is the highest grade that the endpoint may see."""

    def __init__(
        self, *, base_url: str, model: str, api_key: str, grade: str, timeout_seconds: float = 60.0
    ) -> None:
        self.name = model
        self.grade = grade
        # trust_env off: a proxy in the environment must not carry the city's text elsewhere.
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key,
            max_retries=1,
            http_client=httpx2.Client(
                trust_env=False, timeout=httpx2.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
            ),
        )

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """See ``ChatModel.stream``."""
        turns: list[ChatCompletionMessageParam] = [_turn(message) for message in messages]
        finished = False
        try:
            with self._client.chat.completions.create(
                model=self.name, messages=turns, max_tokens=max_tokens, temperature=0.0, stream=True
            ) as chunks:
                for chunk in chunks:
                    for choice in chunk.choices:
                        finished = finished or choice.finish_reason is not None
                        if choice.delta.content:
                            yield choice.delta.content
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            raise Unavailable(_DOWN, code="model-unavailable") from error
        if not finished:
            raise Unavailable(_DOWN, code="model-unavailable")

    def probe(self) -> str:
        """Empty when the endpoint answers, else why not (in Korean)."""
        try:
            self._client.models.list(timeout=CONNECT_SECONDS)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            return f"{_DOWN} ({type(error).__name__})"
        return ""


def _turn(message: Message) -> ChatCompletionMessageParam:
    if message.role == "system":
        return {"role": "system", "content": message.content}
    if message.role == "assistant":
        return {"role": "assistant", "content": message.content}
    return {"role": "user", "content": message.content}
