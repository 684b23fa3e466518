"""The groups of jobs that ``--only`` chooses from, in the order of their run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench import bombs, holding, lists, million, phone, reading, sending, talks
from bench.measure import Figures, Job, run
from bench.roundcube import Roundcube
from bench.seat import Seat
from bench.stage import FEW, LARGE, SMALL, TALK, Stage, unwatched
from start.child import StartError


@dataclass
class World:
    """Everything a group needs; seats stay taken between groups."""

    stage: Stage
    roundcube: Roundcube | None
    rounds: int
    figures: Figures
    _seats: dict[str, Seat] = field(default_factory=dict)

    def seat(self, address: str) -> Seat:
        """Taken with its index grown, so that nothing works beside the jobs."""
        if address not in self._seats:
            seat = self._seats[address] = Seat(self.stage, self.roundcube, address)
            seat.hearth.part(seat.hearth.inbox)
            self.stage.settle()
        return self._seats[address]

    def leave(self) -> None:
        """Before ours start again: the old sessions are of no use."""
        self._seats.clear()

    def measure(self, *jobs: Job) -> None:
        run(jobs, self.rounds, self.stage.cpu_ms, self.figures)


@dataclass(frozen=True)
class Group:
    name: str
    says: str
    sizes: tuple[int, ...]
    run: Callable[[World], None]


def _list(world: World) -> None:
    small, large = world.seat(SMALL), world.seat(LARGE)
    world.measure(*lists.lists(small, "<= 7, CPU <= 6"), lists.deep(small, 150))
    world.measure(*lists.lists(large, "within 20 % of 10k"), lists.deep(large, 1500))


def _changed(world: World) -> None:
    world.measure(lists.changed(world.seat(SMALL), 1, "<= 14"))
    world.measure(lists.changed(world.seat(LARGE), 100, "<= 70 more than the list"))


def _reconcile(world: World) -> None:
    """The watcher sleeps, so each list asks the server what is new."""
    seat = world.seat(LARGE)
    with unwatched(world.stage):
        world.measure(lists.unchanged(seat), lists.reconciled(seat, 100))


def _sign_in(world: World) -> None:
    world.measure(lists.sign_in(world.seat(FEW)))


def _folders(world: World) -> None:
    world.measure(lists.folders(world.seat(SMALL)))


def _open(world: World) -> None:
    seat = world.seat(SMALL)
    world.measure(reading.open_plain(seat), *reading.newsletters(seat))
    world.measure(reading.open_attachment(seat), reading.download(seat))


def _talk(world: World) -> None:
    world.measure(*talks.opened(world.seat(TALK)))


def _act(world: World) -> None:
    seat = world.seat(SMALL)
    world.measure(reading.flag(seat), reading.move(seat))


def _sender(world: World) -> None:
    world.measure(reading.search_sender(world.seat(SMALL), 40))
    world.measure(reading.search_sender(world.seat(LARGE), 12))


def _body(world: World) -> None:
    world.measure(*reading.search_body(world.seat(SMALL), 8))
    world.measure(*reading.search_body(world.seat(LARGE), 3))


def _phone(world: World) -> None:
    world.seat(SMALL)
    phone.run(world.stage, world.figures)


def _bombs(world: World) -> None:
    world.leave()
    bombs.run(world.stage, world.figures)


def _crowd(world: World) -> None:
    world.leave()
    holding.crowd(world.stage, world.roundcube, world.figures)


def _memory(world: World) -> None:
    world.leave()
    holding.memory(world.stage, world.figures)


def _watcher(world: World) -> None:
    world.leave()
    holding.watcher(world.stage, world.figures)


def _sending(world: World) -> None:
    world.leave()
    sending.run(world.stage, world.figures, world.rounds)


def _growth(world: World) -> None:
    world.leave()
    million.grow_large(world.stage, world.figures)


def _sight(world: World) -> None:
    world.leave()
    million.first_sight(world.stage, world.figures)


def _million(world: World) -> None:
    world.leave()
    million.grow_million(world.stage, world.figures)
    million.typing(world.stage, world.figures, world.rounds)


SMALL_SIZE, LARGE_SIZE, FEW_SIZE, TALK_SIZE = 10_000, 100_000, 500, 400

GROUPS = (
    Group("list", "pages of the list, near and deep", (SMALL_SIZE, LARGE_SIZE), _list),
    Group(
        "changed", "the list after another program's changes", (SMALL_SIZE, LARGE_SIZE), _changed
    ),
    Group("reconcile", "the same without a watcher, as nothing is told", (LARGE_SIZE,), _reconcile),
    Group("sign-in", "sign-in, folders and first page", (FEW_SIZE,), _sign_in),
    Group("folders", "folders with unseen counts", (SMALL_SIZE,), _folders),
    Group("open", "messages opened, attachments downloaded", (SMALL_SIZE,), _open),
    Group("talk", "conversations of 200 messages", (TALK_SIZE,), _talk),
    Group("act", "flag and move", (SMALL_SIZE,), _act),
    Group("sender", "search by sender", (SMALL_SIZE, LARGE_SIZE), _sender),
    Group("body", "search in bodies", (SMALL_SIZE, LARGE_SIZE), _body),
    Group("phone", "a cheap phone on a slow line", (SMALL_SIZE,), _phone),
    Group("bombs", "messages made to hurt, and who reads beside them", (SMALL_SIZE,), _bombs),
    Group("crowd", "lists per second, 32 users", (), _crowd),
    Group("memory", "memory of the web process", (), _memory),
    Group("sending", "Send, Undo and Send later", (FEW_SIZE,), _sending),
    Group("growth", "the index of 100,000 messages grows", (LARGE_SIZE,), _growth),
    Group("watcher", "500 accounts watched", (), _watcher),
    Group("sight", "a million messages seen for the first time", (), _sight),
    Group("million", "the index of a million grows, and is searched", (), _million),
)


_ONLY_WHEN_NAMED = {"sight", "million"}


def chosen(names: str) -> list[Group]:
    """Those named, or all that take minutes; StartError for a name that is none."""
    wanted = [name for name in names.split(",") if name]
    known = {group.name for group in GROUPS}
    if strange := set(wanted) - known:
        raise StartError(f"There is no group {', '.join(strange)}; --list names them.")
    every = [group.name for group in GROUPS if group.name not in _ONLY_WHEN_NAMED]
    return [group for group in GROUPS if group.name in (wanted or every)]
