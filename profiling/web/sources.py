"""What the tool reads beside the library: households, address book, opt-outs, polygons and work areas."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from profiling.errors import Text, WebError
from profiling.population.address_book import AddressBook
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles.policy import SelectionPolicy, load_policy
from profiling.publish.customers_found import book_for
from profiling.publish.opt_outs import OptOuts, read_opt_outs
from profiling.publish.published import Published
from profiling.reporting.polygons import Polygons, read_polygons
from profiling.web.settings import WebSettings


@dataclass
class Sources:
    """Opened when first asked for."""

    settings: WebSettings
    _store: HouseholdStore | None = None
    _book: AddressBook | None = None
    _polygons: dict[str, Polygons | None] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def store(self) -> HouseholdStore:
        """The households, for their addresses.

        Raises
        ------
        WebError
            When the tool was started without a population.
        """
        if self.settings.population is None:
            raise WebError(
                Text("Deze tool is gestart zonder adressen", "this tool was started without addresses"),
                hint=Text(
                    "Vraag de beheerder om de tool te starten met --population en --data",
                    "start it with --population and --data",
                ),
            )
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

    def polygons(self, level: str) -> Polygons | None:
        """Shapes of the areas of a level: those given, else those of the population; None where there are none."""
        with self._lock:
            if level not in self._polygons:
                path = self._shapes(level)
                self._polygons[level] = None if path is None else read_polygons(path)
            return self._polygons[level]

    def _shapes(self, level: str) -> Path | None:
        given = self.settings.polygons
        if given is None and self.settings.population is not None:
            population = load_population(self.settings.population, data=self.settings.data)
            areas = population.config.areas
            given = population.file(areas.polygons) if areas and areas.polygons else None
        path = given / f"{level}.parquet" if given is not None and given.is_dir() else given
        return path if path is not None and path.is_file() else None

    def policy(self) -> SelectionPolicy:
        """What a selection has to keep to."""
        return load_policy(self.settings.policy)

    def opt_outs(self, on: datetime.date) -> tuple[OptOuts, ...]:
        """The opt-out lists of today, read anew for every selection."""
        return read_opt_outs(self.policy(), self.settings.policy, data=self.settings.data, on=on)
