"""The analysis tool in the browser, and its users."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling.cli.options import Commands, Library, out
from profiling.config import parse_config
from profiling.pipeline import Places

app = typer.Typer()
COMMANDS = Commands("app", app)


@app.command("app")
def start(
    library: Library = Places.library,
    population: Annotated[Path | None, typer.Option(help="Configuration of the population, for addresses")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder that {data} stands for")] = None,
    polygons: Annotated[Path | None, typer.Option(help="Area polygons: a file, or a folder with one per level")] = None,
    policy: Annotated[Path, typer.Option(help="Opt-out lists, days, smallest number")] = Path(
        "configs/selections.toml"
    ),
    register: Annotated[Path, typer.Option(help="The register of selections")] = Path("reports/selections"),
    work_areas: Annotated[Path, typer.Option(help="Folder or CSV with work areas")] = Path("configs/work-areas"),
    work: Annotated[Path, typer.Option(help="Folder of the address book and the audit log")] = Path("build/app"),
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine only with users")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port")] = 8000,
    name: Annotated[list[str] | None, typer.Option(help="Host name by which browsers ask")] = None,
    users: Annotated[Path | None, typer.Option(help="File of users")] = None,
    proxy_header: Annotated[str | None, typer.Option(help="Header in which a reverse proxy names the user")] = None,
    https: Annotated[bool, typer.Option(help="Cookies for HTTPS alone")] = False,
    addresses: Annotated[bool, typer.Option(help="Without users: allow address selection")] = False,
    requests: Annotated[int, typer.Option(help="Requests per minute that one client may make")] = 600,
    language: Annotated[str, typer.Option(help="nl or en")] = "nl",
) -> None:
    """Start the analysis tool in the browser, for whoever sits at this machine."""
    # Here and not above: no other command should wait for a web server to load.
    from profiling.web.serve import serve
    from profiling.web.settings import WebSettings

    given = {
        "library": library,
        "population": population,
        "data": data,
        "polygons": polygons,
        "policy": policy,
        "selections": register,
        "work_areas": work_areas,
        "work": work,
        "host": host,
        "port": port,
        "names": tuple(name or ()),
        "users": users,
        "proxy_header": proxy_header,
        "https": https,
        "addresses": addresses,
        "requests": requests,
        "language": language,
    }
    settings = parse_config(given, WebSettings, where="profiling app")
    out.print(f"http://{settings.host}:{settings.port} · stop with Ctrl+C")
    serve(settings)


@app.command("users")
def users(
    name: Annotated[str, typer.Argument(help="Name of the user to add or change")],
    file: Annotated[Path, typer.Option(help="File of users")] = Path("users.toml"),
    role: Annotated[list[str] | None, typer.Option(help="viewer, analyst, address")] = None,
    password: Annotated[str, typer.Option(help="Asked for when left out", prompt=True, hide_input=True)] = "",
) -> None:
    """Add a user of the analysis tool, or change their password and roles."""
    from profiling.web.users import User, add_user

    roles = parse_config({"roles": tuple(role or ("viewer",))}, User, where="--role").roles
    add_user(file, name, password, roles)
    out.print(f"{name} stands in {file} · next: profiling app --users {file}")
