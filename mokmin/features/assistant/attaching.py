"""Files attached to one's own conversation."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from mokmin.base.errors import InvalidInput
from mokmin.features.assistant.conversations import UNTITLED, ConversationService
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.attachments import AttachedDocuments, Attachment
from mokmin.knowledge.documents.model import Document

NOT_TEMPORARY = (
    "임시 대화에는 파일을 첨부할 수 없습니다. 파일은 서버에 저장되기 때문입니다. "
    "일반 대화에서 첨부해 주세요."
)


class AttachingService:
    """Every method makes sure first that the conversation is the person's own. Raises NotFound."""

    def __init__(self, conversations: ConversationService, attached: AttachedDocuments) -> None:
        self._conversations = conversations
        self._attached = attached

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        return self._attached.max_bytes

    def attach(
        self,
        principal: Principal,
        conversation_id: int | None,
        filename: str,
        stream: BinaryIO,
        *,
        grade: str,
    ) -> tuple[int, int]:
        """Attach a file, to a new conversation for None; the ids of the conversation and the document.
        Raises InvalidInput, TooLarge."""
        if conversation_id is not None:
            self._stored(principal, conversation_id)
        else:
            conversation_id = self._conversations.stored.begin(principal, UNTITLED)
        document_id = self._attached.take(principal, conversation_id, filename, stream, grade=grade)
        return conversation_id, document_id

    def of(self, principal: Principal, conversation_id: int) -> list[Attachment]:
        """The attachments, oldest first; a temporary conversation has none."""
        self._conversations.get(principal, conversation_id)
        return self._attached.of(principal, conversation_id)

    def original(
        self, principal: Principal, conversation_id: int, document_id: int
    ) -> tuple[Path, Document]:
        """The path of an attachment's file."""
        self._stored(principal, conversation_id)
        return self._attached.original(principal, conversation_id, document_id)

    def retry(self, principal: Principal, conversation_id: int, document_id: int) -> None:
        """Read an attachment again that could not be read. Raises InvalidInput."""
        self._stored(principal, conversation_id)
        self._attached.retry(principal, conversation_id, document_id)

    def remove(self, principal: Principal, conversation_id: int, document_id: int) -> None:
        """Take a file off the conversation."""
        self._stored(principal, conversation_id)
        self._attached.remove(principal, conversation_id, document_id)

    def adopt(
        self,
        principal: Principal,
        conversation_id: int,
        document_id: int,
        *,
        audience: str,
        grade: str,
    ) -> None:
        """Put an attachment into the library. Raises as ``AttachedDocuments.adopt``."""
        self._stored(principal, conversation_id)
        self._attached.adopt(
            principal, conversation_id, document_id, audience=audience, grade=grade
        )

    def _stored(self, principal: Principal, conversation_id: int) -> None:
        talk = self._conversations.get(principal, conversation_id)
        if talk.temporary:
            raise InvalidInput(NOT_TEMPORARY)
