import time

import numpy as np
import pytest

from mokmin.base.errors import Unavailable
from mokmin.base.llm.fakes import HashEmbedder, ScriptedChatModel
from mokmin.base.llm.ports import Message

ASK = [Message("user", "여권은 어디서 만드나요?")]


def test_hash_vectors_are_repeatable_unit_vectors() -> None:
    embedder = HashEmbedder()
    vectors = embedder.embed_passages(["도로점용 허가", "", "도로점용 허가"])
    assert vectors.shape == (3, 384)
    assert np.array_equal(vectors[0], vectors[2])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert embedder.embed_passages([]).shape == (0, 384)


def test_shared_words_are_nearer_than_none() -> None:
    embedder = HashEmbedder()
    question = embedder.embed_query("도로점용 허가 신청")
    near, far = embedder.embed_passages(["도로점용 허가를 받아야 한다", "여권 발급 수수료"])
    assert near @ question > far @ question


def test_script_is_yielded_and_the_request_kept() -> None:
    model = ScriptedChatModel(["시청", "에서"])
    assert list(model.stream(ASK)) == ["시청", "에서"]
    assert list(model.stream(ASK, max_tokens=1)) == ["시청"]
    assert model.requests == [tuple(ASK), tuple(ASK)]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_failure_after_some_pieces(after: int) -> None:
    got: list[str] = []
    with pytest.raises(Unavailable, match="응답하지"):
        for piece in ScriptedChatModel(["a", "b"], fail_after=after).stream(ASK):
            got.append(piece)
    assert got == ["a", "b"][:after]


def test_pauses_between_pieces() -> None:
    begin = time.monotonic()
    assert list(ScriptedChatModel(["a", "b"], pause_seconds=0.03).stream(ASK)) == ["a", "b"]
    assert time.monotonic() - begin >= 0.06
