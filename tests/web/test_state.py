"""What is chosen goes into the address and comes out of it again."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from profiling.web.state import ALL, MEASURES, State, read_state

codes = st.text(st.characters(exclude_characters=",;", exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=20)
states = st.builds(
    State,
    profiles=st.lists(codes, unique=True, max_size=3).map(tuple),
    level=st.sampled_from(["", "buurt", "gemeente"]),
    areas=st.lists(codes, unique=True, max_size=5).map(tuple),
    work_area=st.one_of(st.just(""), codes),
    base=st.one_of(st.just(""), codes),
    measure=st.sampled_from(MEASURES),
    rows=st.sampled_from(["", ALL]),
    language=st.sampled_from(["nl", "en"]),
    usual=st.sampled_from(["nl", "en"]),
)


@given(states)
def test_the_address_holds_the_whole_state(state: State) -> None:
    assert read_state(QueryParams(urlsplit(state.url("/gebied")).query), state.usual) == state


def test_what_is_as_usual_stays_away() -> None:
    assert State().url("/gebied") == "/gebied"
    assert State(language="en", usual="en").url("/gebied") == "/gebied"
    assert State(language="nl", usual="en").url("/gebied") == "/gebied?taal=nl"
