"""What is asked of an address selection, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from profiling.errors import SelectionError, Text
from profiling.profiles.policy import SelectionPolicy
from profiling.publish.opt_outs import OptOuts

ORDERS = ("highest", "random")
Order = Literal["highest", "random"]
LONGEST = 200


@dataclass(frozen=True)
class Request:
    """What is asked for. `wished` letters (all there are when None); `control` as a part, the policy's when None."""

    purpose: str
    requester: str
    areas: tuple[str, ...]
    wished: int | None = None
    order: Order = "highest"
    control: float | None = None
    repeat: bool = False
    seed: int | None = None


def check_request(request: Request, policy: SelectionPolicy, opt_outs: Sequence[OptOuts]) -> None:
    """Everything that can be seen without an address.

    Raises
    ------
    SelectionError
        When purpose, requester or anything else is missing or wrong. All faults at once.
    """
    lacking = {each.name for each in policy.opt_outs} - {each.name for each in opt_outs}
    lists = [
        Text(f"de lijst '{name}' van wie geen post wil ontbreekt", f"the opt-out list '{name}' was not given")
        for name in sorted(lacking)
    ]
    faults = [*_words(request), *_numbers(request, policy), *lists]
    if faults:
        mistakes = "staat 1 fout" if len(faults) == 1 else f"staan {len(faults)} fouten"
        what = Text(f"In de aanvraag {mistakes}", f"the request has {len(faults)} faults")
        raise SelectionError(what, faults=faults)


def _words(request: Request) -> list[Text]:
    faults = []
    said = (
        (Text("het doel", "the purpose"), request.purpose),
        (Text("de aanvrager", "the requester"), request.requester),
    )
    for name, text in said:
        n = len(text)
        if len(plain(text)) < 3:
            faults.append(Text(f"{name.nl} ontbreekt", f"{name} is missing"))
        elif n > LONGEST:
            faults.append(
                Text(
                    f"{name.nl} heeft {n} tekens, hoogstens {LONGEST} mag",
                    f"{name} has {n} characters, at most {LONGEST}",
                )
            )
    if request.order not in ORDERS:
        faults.append(
            Text(
                f"de volgorde is '{request.order}', en niet highest of random",
                f"the order is '{request.order}', not highest or random",
            )
        )
    return faults


def _numbers(request: Request, policy: SelectionPolicy) -> list[Text]:
    faults = []
    if request.wished is not None and request.wished < policy.minimum:
        faults.append(
            Text(
                f"u vraagt {request.wished} adressen; vraag er minstens {policy.minimum}",
                f"{request.wished} addresses are asked for, at least {policy.minimum} can be had",
            )
        )
    if request.control is not None and not 0 <= request.control <= 0.5:
        faults.append(
            Text(
                f"de controlegroep is {100 * request.control:g} %, en niet 0 tot en met 50 %",
                f"the control group is {request.control:g}, not a part from 0 to 0.5",
            )
        )
    if request.seed is not None and not 0 <= request.seed < 10**8:
        faults.append(
            Text(
                f"het getal voor het lot is {request.seed}, en niet 0 tot en met 99999999",
                f"the seed is {request.seed}, not a number from 0 to 99,999,999",
            )
        )
    return faults


def plain(text: str) -> str:
    """On one line, with single spaces."""
    return " ".join(text.split())
