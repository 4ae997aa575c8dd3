"""Whatever becomes of devices: rows never overlap, versions only grow, a restart reads the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.provisioning import table_bytes
from edge.reading import SECOND_NS
from gateway.db.engine import reading
from gateway.db.registry import load
from gateway.registry import card as acts
from gateway.registry.card import Card, Impossible
from gateway.registry.held import Held, held
from gateway.registry.office import Act, Why
from tests.unit.gateway.registry_world import NOW_NS, make_office

DEVICES = ("mu0301", "mu0502", "mnew")
UNITS = ("u0301", "u0502", "u1201")
AGES_S = st.sampled_from([0, 0, 0, 1, 30, 3_000])


class Acts(RuleBasedStateMachine):
    """Operators of every skill, on one office, as time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.office = make_office(Path(self.folder.name))
        self.now_ns = NOW_NS
        self.version = 1

    def teardown(self) -> None:
        self.office.database.dispose()
        self.folder.cleanup()

    def attempt(self, device: str, act: Act) -> None:
        """Do it, and note whether it was done; what cannot be done changes nothing."""
        before = self.office.held
        try:
            self.office.change(device, act, Why("operator", "act"), self.now_ns)
        except Impossible:
            assert self.office.held is before
        else:
            self.version += 1
        self.now_ns += SECOND_NS

    @rule(device=st.sampled_from(DEVICES), unit=st.sampled_from(UNITS), age_s=AGES_S)
    def bind(self, device: str, unit: str, age_s: int) -> None:
        at_ns = self.now_ns - age_s * SECOND_NS

        def act(card: Card | None) -> Card:
            terms = {"kind": "water"} if card is None else None
            return acts.bind(card or Card(device, ()), unit, at_ns, terms)

        self.attempt(device, act)

    @rule(device=st.sampled_from(DEVICES), unit=st.sampled_from(UNITS), age_s=AGES_S)
    def move(self, device: str, unit: str, age_s: int) -> None:
        at_ns = self.now_ns - age_s * SECOND_NS
        self.attempt(device, lambda card: acts.move(_known(card), unit, at_ns))

    @rule(device=st.sampled_from(DEVICES), age_s=AGES_S)
    def unbind(self, device: str, age_s: int) -> None:
        at_ns = self.now_ns - age_s * SECOND_NS
        self.attempt(device, lambda card: acts.unbind(_known(card), at_ns))

    @rule(device=st.sampled_from(DEVICES))
    def retire(self, device: str) -> None:
        self.attempt(device, lambda card: acts.retire(_known(card), self.now_ns))

    @invariant()
    def the_version_has_grown_by_each_act(self) -> None:
        assert self.office.held.version == self.version

    @invariant()
    def the_edges_would_take_it_and_another_start_reads_the_same(self) -> None:
        registry = self.office.held.registry()  # raises where rows overlap
        with reading(self.office.database) as connection:
            again = load(connection)
        assert table_bytes(again.table()) == table_bytes(self.office.held.table())
        assert _through_the_wire(self.office.held).registry().bindings() == registry.bindings()

    @invariant()
    def a_retired_device_hangs_nowhere(self) -> None:
        for card in self.office.held.cards.values():
            if card.retired_ns is not None:
                assert card.row_at(self.now_ns) is None


def _known(card: Card | None) -> Card:
    if card is None:
        raise Impossible("no_such_device")
    return card


def _through_the_wire(of: Held) -> Held:
    return held(of.table(), of.version)


TestActs = Acts.TestCase
TestActs.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
