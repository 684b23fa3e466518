"""What rides beside a notice's words: an Undo, and how long the words stay."""

from django import template
from django.contrib.messages.storage.base import Message

register = template.Library()


@register.simple_tag
def notice_parts(message: Message) -> dict[str, str]:
    """``undo``, ``outbox`` and ``wait`` from tags such as ``undo:<token> wait:10``."""
    tags = (tag.partition(":") for tag in (message.extra_tags or "").split())
    return {name: value for name, colon, value in tags if colon}
