"""Input of chance for whatever reads what strangers send: JSON of all that JSON can be, and bytes."""

import json

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**400)
    | st.floats()
    | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children),
    max_leaves=5,
)
NUMBERS = st.floats() | st.integers(10**310, 10**400)
PARTS = st.lists(JSON.map(json.dumps).map(str.encode) | st.binary(max_size=80), max_size=4)
