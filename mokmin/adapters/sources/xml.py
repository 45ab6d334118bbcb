"""XML from machines that are not trusted: no entities, no document type, nothing fetched."""

from __future__ import annotations

from lxml import etree


def parsed(body: bytes) -> etree._Element | None:
    """The root; None for what is no such XML."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


def name_of(element: etree._Element) -> str:
    """The name without its namespace; empty for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Children of a name in any namespace."""
    return [child for child in element if name_of(child) == name]


def text_of(element: etree._Element, name: str) -> str:
    """The text of the first child of a name; empty where there is none."""
    found = children(element, name)
    return (found[0].text or "").strip() if found else ""
