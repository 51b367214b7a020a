"""One user of the tool: opens a page, goes from area to area, looks at the sketch, takes a workbook now and then."""

from __future__ import annotations

import os
import random

from locust import HttpUser, between, task

AREAS = os.environ["LOAD_AREAS"].split(",")
PROFILE = os.environ["LOAD_PROFILE"]
RANDOM = random.Random(int(os.environ["LOAD_SEED"]))


class Adviser(HttpUser):
    """Looks for a second or two between pages."""

    wait_time = between(1.0, 3.0)

    @task(12)
    def switch_area(self) -> None:
        """Another gemeente, per buurt."""
        code = RANDOM.choice(AREAS)
        self.client.get(f"/gebied?profiel={PROFILE}&gebied={code}&niveau=buurt", name="area switch")

    @task(3)
    def country(self) -> None:
        """The whole country per gemeente."""
        self.client.get(f"/gebied?profiel={PROFILE}&niveau=gemeente", name="country")

    @task(2)
    def search(self) -> None:
        """Type three letters."""
        self.client.get(f"/gebied/zoek?profiel={PROFILE}&zoek=gro", name="search")

    @task(1)
    def sketch(self) -> None:
        """The sheet."""
        self.client.get(f"/schets?profiel={PROFILE}", name="sketch")

    @task(1)
    def workbook(self) -> None:
        """The workbook of a gemeente."""
        self.client.get(f"/gebied/excel?profiel={PROFILE}&gebied={RANDOM.choice(AREAS)}&niveau=buurt", name="workbook")
