"""Lists of people: kept in the settings, and written to by their name alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import Http404, HttpRequest

from webmail.accounts.models import User
from webmail.message.address import Address, parse_address_list
from webmail.message.people_list import read_people
from webmail.submission.models import ForgottenPerson, Group
from webmail.web.compose_form import Written
from webmail.web.recipients import FIELDS, typed_addresses

MOST_GROUPS, MOST_MEMBERS, LONGEST = 100, 500, 60_000
# The bound keeps quotation marks that nothing closes from each being followed to the end.
_PIECES = re.compile(r'(?:"(?:[^"\\]|\\.){0,500}"|<[^<>]*>|[^,;\n"<]|["<])+')


@dataclass(frozen=True, slots=True)
class GroupForm:
    """``key`` is ``new`` for one to be added; ``members`` has one a line."""

    key: str
    name: str = ""
    members: str = ""
    count: int = 0
    error: str = ""


# -- written to -----------------------------------------------------------------------------------


def with_members(user: User, written: Written) -> tuple[Written, str]:
    """Members in the place of each list named in an address field, and a sentence on it."""
    fields, said = filled_in(user, {name: getattr(written, name) for name in FIELDS})
    return (replace(written, **fields), said) if said else (written, "")


def filled_in(user: User, fields: dict[str, str]) -> tuple[dict[str, str], str]:
    """The same of fields by their names."""
    pieces = {each.strip().casefold() for text in fields.values() for each in _PIECES.findall(text)}
    if not any("@" not in piece and piece for piece in pieces):
        return fields, ""
    groups = {each.name.casefold(): each for each in user.groups_of_people.all()}
    found = [group for name, group in groups.items() if name in pieces]
    if not found:
        return fields, ""
    put = _putting(groups)
    said = " ".join(f"“{one.name}” is now its {_people(_members(one))}." for one in found)
    return {name: _PIECES.sub(put, text) for name, text in fields.items()}, said


def _putting(groups: dict[str, Group]) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        group = groups.get(match[0].strip().casefold())
        if group is None:
            return match[0]
        before = match[0][: len(match[0]) - len(match[0].lstrip())]
        return before + typed_addresses(_members(group))

    return put


def _members(group: Group) -> tuple[Address, ...]:
    return tuple(parse_address_list(group.members))


def _people(members: tuple[Address, ...]) -> str:
    return "one person" if len(members) == 1 else f"{len(members)} people"


# -- in the settings ------------------------------------------------------------------------------


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    forms = [_form_of(each) for each in request.user.groups_of_people.all()]
    forms.append(GroupForm("new"))
    return {
        "groups": [_typed_again(request, each, errors) for each in forms],
        "forgotten": ForgottenPerson.objects.filter(user=request.user),
    }


def save(request: HttpRequest) -> dict[str, str]:
    """``do`` is save or remove of the list ``group``, or suggest, of an address."""
    do, post = request.POST.get("do", "save"), request.POST
    if do == "suggest":
        addr_spec = post.get("address", "").replace("\0", "")
        ForgottenPerson.objects.filter(user=request.user, addr_spec=addr_spec).delete()
        return {}
    key = post.get("group", "new")
    group = Group(user=request.user) if key == "new" else _get(request, key)
    if do == "remove":
        if group.pk:
            group.delete()
        return {}
    group.name = " ".join(_posted(request, "name").split())[:60]
    problem = _problem(group, _posted(request, "members"))
    if problem:
        return {key: problem}
    group.save()
    return {}


def _problem(group: Group, typed: str) -> str:
    """Why it cannot be kept; empty when it can, with its members in it."""
    others = group.user.groups_of_people.exclude(pk=group.pk)
    if not group.name:
        return "Give it a name, to write to it by."
    if set(group.name) & set(',;:@<>"()[]\\'):
        return 'A name has none of , ; : @ < > " ( ) [ ] in it: it must differ from an address.'
    if group.name.casefold() in {each.name.casefold() for each in others}:
        return f"There is a list called “{group.name}” already."
    if not group.pk and others.count() >= MOST_GROUPS:
        return f"There can be {MOST_GROUPS} lists at most."
    if len(typed) > LONGEST:
        return f"A list has {MOST_MEMBERS} people at most."
    read = read_people(_one_a_line(typed))
    problems = [each.partition(": ")[2] for each in read.problems if "stands above" not in each]
    if problems:
        return problems[0][:1].upper() + problems[0][1:]
    if not read.people:
        return "Write or paste who is in it."
    if len(read.people) > MOST_MEMBERS:
        return f"A list has {MOST_MEMBERS} people at most."
    group.members = typed_addresses(tuple(each.address for each in read.people))
    return ""


def _one_a_line(typed: str) -> str:
    """Lists with semicolons and commas too, unless its first line names columns."""
    head = next((line for line in typed.splitlines() if line.strip()), "")
    return typed.replace(";", ",") if "@" in head else typed


def _form_of(group: Group) -> GroupForm:
    members = _members(group)
    lines = "\n".join(typed_addresses((each,)) for each in members)
    return GroupForm(group.key, group.name, lines, len(members))


def _typed_again(request: HttpRequest, form: GroupForm, errors: dict[str, str]) -> GroupForm:
    if form.key not in errors:
        return form
    name, members = _posted(request, "name"), _posted(request, "members")
    return replace(form, name=name, members=members, error=errors[form.key])


def _posted(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "")


def _get(request: HttpRequest, key: str) -> Group:
    found = request.user.groups_of_people.filter(key=key).first()
    if found is None:
        raise Http404
    return found
