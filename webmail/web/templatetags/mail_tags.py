"""Our few tags."""

from functools import lru_cache

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webmail.message.giving_way import give_way
from webmail.web.drawn import drawn, piece

register = template.Library()


register.simple_tag(drawn, name="rows")
register.simple_tag(piece, name="piece", takes_context=True)
# {% place "outbox" %}: as {% url %}, for what has one URL only, which is looked up once.
register.simple_tag(lru_cache(maxsize=64)(reverse), name="place")


@register.simple_tag(name="give_way")
def _give_way() -> str:
    """Between two of the many things that a page shows of one message."""
    give_way()
    return ""


@register.tag
def icon(parser: Parser, token: Token) -> Node:
    """``{% icon "archive" "i-s" %}``: one icon of the sprite, with further classes.

    Decoration only: its words stand beside it.  One whose name is written in the template
    becomes plain text as the template is read; a list of mail has hundreds.
    """
    _, *words = token.split_contents()
    arguments = [parser.compile_filter(word) for word in words]
    if not 1 <= len(arguments) <= 2:
        raise template.TemplateSyntaxError("icon takes a name and, if wanted, classes.")
    if any(argument.is_var for argument in arguments):
        return _IconNode(arguments)
    return TextNode(_svg(*(str(argument.var) for argument in arguments)))


class _IconNode(Node):
    def __init__(self, arguments: list[FilterExpression]) -> None:
        self._arguments = arguments

    def render(self, context: template.Context) -> SafeString:
        return _svg(*(str(argument.resolve(context)) for argument in self._arguments))


@lru_cache(maxsize=256)
def _svg(name: str, classes: str = "") -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>',
        f"i {classes}".rstrip(),
        name,
    )
