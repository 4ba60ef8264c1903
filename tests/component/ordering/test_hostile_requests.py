"""Whatever is sent to ordering is answered, and never as a fault of its own."""

import httpx
from fastapi import FastAPI

from servicekit.signin import current_person
from tests.hostile import faults


async def test_no_request_of_a_student_is_answered_as_a_fault(http: httpx.AsyncClient) -> None:
    assert await faults(http, {"Idempotency-Key": "key-1"}) == []


async def test_no_request_of_a_stranger_is(web: FastAPI, http: httpx.AsyncClient) -> None:
    del web.dependency_overrides[current_person]

    assert await faults(http) == []
