"""What a search of the mail server has brought so far, kept in Redis for ten minutes.

Refs only, never what stands in a message; under a random name that is worth nothing to
another person.  A person's newest search stops their older ones.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import redis
from django.conf import settings

_LIFE_S = 600
_REPEATED_S = 60
_MOST_HITS = 5000
_TIMEOUT_S = 2.0

Away = (redis.RedisError, OSError)


Place = tuple[int, str]
"""The number of an account and the name of a mailbox of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mailbox to search; of one that the index holds whole only what the index cannot know."""

    account_id: int
    name: str
    is_whole: bool

    @property
    def place(self) -> Place:
        return self.account_id, self.name


@dataclass(frozen=True, slots=True)
class Search:
    """``hits`` are UIDVALIDITY and UIDs by mailbox, newest first; ``failed`` was not searched."""

    id: str
    text: str
    today: date
    asked: tuple[Asked, ...]
    began_at: float = field(default_factory=time.time)
    hits: dict[Place, tuple[int, list[int]]] = field(default_factory=dict)
    failed: tuple[Place, ...] = ()
    is_taken: bool = False

    @property
    def waiting(self) -> tuple[Asked, ...]:
        """What is still to be searched."""
        over = self.hits.keys() | set(self.failed)
        return tuple(each for each in self.asked if each.place not in over)

    @property
    def done(self) -> int:
        return len(self.asked) - len(self.waiting)

    @property
    def waited_s(self) -> float:
        return time.time() - self.began_at


def begin(user_id: int, text: str, today: date, asked: Iterable[Asked]) -> tuple[Search, bool]:
    """A new search, or the same one begun a moment ago; True when a worker must be told.

    Raises Away's errors when there is no Redis.
    """
    asked = tuple(asked)
    last = find(user_id, _client().get(_newest(user_id)) or "")
    if last is not None and _is_same(last, text, asked):
        return last, False
    search = Search(secrets.token_urlsafe(16), text, today, asked)
    pipe = _client().pipeline()
    key = _key(user_id, search.id)
    pipe.hset(key, mapping={"search": _written(search)})
    pipe.expire(key, _LIFE_S)
    pipe.set(_newest(user_id), search.id, ex=_LIFE_S)
    pipe.execute()
    return search, True


def _is_same(last: Search, text: str, asked: tuple[Asked, ...]) -> bool:
    if (last.text, last.asked) != (text, asked):
        return False
    return bool(last.waiting) or last.waited_s < _REPEATED_S


def find(user_id: int, search_id: str) -> Search | None:
    """As far as it has come; None when it is over, or somebody else's."""
    stored = _client().hgetall(_key(user_id, search_id)) if search_id else {}
    if "search" not in stored:
        return None
    fields = json.loads(stored.pop("search"))
    hits, failed = {}, []
    for key in (each for each in stored if each.startswith("in:")):
        _, account_id, name = key.split(":", 2)
        found = json.loads(stored[key])
        if found is None:
            failed.append((int(account_id), name))
        else:
            hits[int(account_id), name] = (found[0], found[1])
    return Search(
        id=search_id,
        text=fields["text"],
        today=date.fromisoformat(fields["today"]),
        asked=tuple(Asked(*each) for each in fields["asked"]),
        began_at=fields["began"],
        hits=hits,
        failed=tuple(failed),
        is_taken="taken" in stored,
    )


def take(user_id: int, search_id: str) -> bool:
    """Whether the caller is the one to carry it out."""
    return bool(_client().hsetnx(_key(user_id, search_id), "taken", "1"))


def note(user_id: int, search_id: str, place: Place, uidvalidity: int, uids: list[int]) -> None:
    found = json.dumps([uidvalidity, uids[:_MOST_HITS]])
    _client().hset(_key(user_id, search_id), _field(place), found)


def note_failure(user_id: int, search_id: str, place: Place) -> None:
    _client().hset(_key(user_id, search_id), _field(place), "null")


def _field(place: Place) -> str:
    return f"in:{place[0]}:{place[1]}"


def is_wanted(user_id: int, search_id: str) -> bool:
    """Whether the person has not begun another search since."""
    return bool(_client().get(_newest(user_id)) == search_id)


def _written(search: Search) -> str:
    return json.dumps(
        {
            "text": search.text,
            "today": search.today.isoformat(),
            "asked": [[each.account_id, each.name, each.is_whole] for each in search.asked],
            "began": search.began_at,
        }
    )


def _key(user_id: int, search_id: str) -> str:
    """A prefix and a hash, never anybody's text (T51)."""
    return f"search:{hashlib.sha256(f'{user_id}:{search_id}'.encode()).hexdigest()[:40]}"


def _newest(user_id: int) -> str:
    return f"search-of:{hashlib.sha256(f'user:{user_id}'.encode()).hexdigest()[:40]}"


def _client() -> "redis.Redis":
    return _connected(settings.WEBMAIL_REDIS_URL)


@lru_cache(maxsize=2)
def _connected(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        decode_responses=True,
    )
