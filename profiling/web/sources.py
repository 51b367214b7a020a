"""What the tool reads beside the library: households, address book, opt-outs, polygons and work areas."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from profiling.errors import WebError
from profiling.population.address_book import AddressBook
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles.policy import SelectionPolicy, load_policy
from profiling.publish.customers_found import book_for
from profiling.publish.opt_outs import OptOuts, read_opt_outs
from profiling.publish.published import Published
from profiling.web.settings import WebSettings


@dataclass
class Sources:
    """Opened when first asked for."""

    settings: WebSettings
    _store: HouseholdStore | None = None
    _book: AddressBook | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def store(self) -> HouseholdStore:
        """The households, for their addresses.

        Raises
        ------
        WebError
            When the tool was started without a population.
        """
        if self.settings.population is None:
            raise WebError("this tool was started without addresses", hint="start it with --population and --data")
        with self._lock:
            if self._store is None:
                self._store = open_population(load_population(self.settings.population, data=self.settings.data))
            return self._store

    def book(self, published: Sequence[Published]) -> AddressBook:
        """The address book of the household file; made the first time, which takes a while."""
        with self._lock:
            if self._book is None or self._book.population != published[0].manifest["inputs"]["population"]:
                settings = self.settings
                self._book = book_for(published, settings.work, settings.population, data=settings.data)
            return self._book

    def policy(self) -> SelectionPolicy:
        """What a selection has to keep to."""
        return load_policy(self.settings.policy)

    def opt_outs(self, on: datetime.date) -> tuple[OptOuts, ...]:
        """The opt-out lists of today, read anew for every selection."""
        return read_opt_outs(self.policy(), self.settings.policy, data=self.settings.data, on=on)
