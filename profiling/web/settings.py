"""What the analysis tool is started with, and what it refuses to be started with."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field

from profiling.config import Config
from profiling.errors import Text, WebError
from profiling.vocabulary import Language

Role = Literal["viewer", "analyst", "address"]
ROLES: tuple[Role, ...] = ("viewer", "analyst", "address")


class WebSettings(Config):
    """One running tool. Sizes are in bytes, times in seconds."""

    library: Path
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    names: tuple[str, ...] = Field((), description="host names that a browser may ask for, beside the address itself")
    language: Language = "nl"
    population: Path | None = Field(None, description="configuration of the population, to match and select addresses")
    data: Path | None = Field(None, description="folder that {data} stands for")
    work: Path = Field(Path("build/app"), description="address book and audit log")
    polygons: Path | None = Field(None, description="folder or file with area polygons")
    work_areas: Path = Field(Path("configs/work-areas"), description="saved work areas")
    policy: Path = Field(Path("configs/selections.toml"), description="opt-out lists, days, smallest number")
    selections: Path = Field(Path("reports/selections"), description="the register of selections")
    users: Path | None = Field(None, description="file of users, with hashed passwords and roles")
    proxy_header: str | None = Field(None, description="header in which a reverse proxy names the user")
    addresses: bool = Field(False, description="whether the only user of a local tool may select addresses")
    https: bool = Field(False, description="whether cookies are for HTTPS alone")
    upload: int = Field(50_000_000, gt=0, description="largest upload")
    requests: int = Field(600, gt=0, description="requests per minute of one client")
    session: int = Field(8 * 3600, gt=0, description="how long somebody stays signed in")

    @property
    def local(self) -> bool:
        """Whether nobody but this machine can reach the tool."""
        return self.host == "localhost" or _address(self.host).is_loopback

    @property
    def open(self) -> bool:
        """Whether there are no users: one person at their own machine."""
        return self.users is None and self.proxy_header is None

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Host names that are answered; any other name may be a trick with DNS."""
        own = ("127.0.0.1", "localhost", "[::1]") if self.local else (self.host,)
        return (*own, *self.names)


def check_settings(settings: WebSettings) -> None:
    """Refuse what would leave the tool open.

    Raises
    ------
    WebError
        When others can reach it and there are no users, or no host name is given.
    """
    faults = []
    if not settings.local and settings.open:
        faults.append(
            Text("anderen kunnen erbij, en er zijn geen gebruikers", "others could reach it, and there are no users")
        )
    if not settings.local and not settings.names:
        faults.append(Text("er is geen naam gegeven met --name", "no host name is given with --name"))
    if not settings.local and not settings.https:
        faults.append(
            Text(
                "cookies gaan zonder HTTPS over de lijn (geef --https, achter een proxy die dat kan)",
                "cookies would travel without HTTPS (give --https, behind a proxy that speaks it)",
            )
        )
    if settings.proxy_header and not settings.users:
        faults.append(
            Text(
                "een proxy noemt de gebruiker, en geen bestand zegt welke rollen die heeft",
                "a proxy names the user, and no file says which roles they have",
            )
        )
    if faults:
        raise WebError(
            Text(f"De tool start niet op {settings.host}", f"will not listen on {settings.host}"),
            faults=faults,
            hint=Text(
                "Maak gebruikers met: profiling users add NAAM --file users.toml, en geef --users users.toml",
                "make users with: profiling users add NAME --file users.toml, and give --users users.toml",
            ),
        )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        raise WebError(
            Text(f"'{host}' is geen adres om op te starten", f"'{host}' is not an address to listen on"),
            hint=Text("Geef een IP-adres, zoals 127.0.0.1", "give an IP address such as 127.0.0.1"),
        ) from None
