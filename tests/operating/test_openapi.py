"""Whatever a client makes of the OpenAPI documents, each service answers as its document says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from devstack.journey.http import Addresses
from devstack.journey.signing_in import fetch_token
from devstack.settings import SERVICES
from devstack.stack import Stack
from tests.journeys.conftest import People

EXAMPLES = 20  # of each operation, what its document allows and what it forbids
PROMISES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
Operation = APIOperation[Any, Any, Any, Any]

load_all_checks()
CHECKED: Any = CHECKS.get_by_names(list(PROMISES))


def operations(stack: Stack, service: str) -> Iterator[Operation]:
    """All but streams, which do not end."""
    document = schemathesis.openapi.from_url(f"{stack.url(service)}/openapi.json")
    for found in document.get_all_operations():
        assert isinstance(found, Ok), "a part of the document cannot be understood"
        operation = found.ok()
        if "text/event-stream" not in str(operation.definition.raw):
            yield operation


def cases(operation: Operation) -> st.SearchStrategy[Case[Any]]:
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


@pytest.fixture
async def student(people: People) -> dict[str, str]:
    client, _ = await people.student()
    return {"Authorization": client.http.headers["Authorization"]}


@pytest.fixture
async def clerk(addresses: Addresses) -> dict[str, str]:
    return {"Authorization": f"Bearer {await fetch_token(addresses, 'dziekanat.umcs')}"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_as_the_document_says(
    stack: Stack, service: str, student: dict[str, str], clerk: dict[str, str]
) -> None:
    described = list(operations(stack, service))
    for operation in described:
        ask(operation, clerk if operation.path.startswith("/api/v1/clerk") else student)

    assert len(described) > 5


def ask(operation: Operation, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), below_an_institution=st.booleans())
    def one(case: Case[Any], *, below_an_institution: bool) -> None:
        if below_an_institution and "institution_id" in case.path_parameters:
            case.path_parameters["institution_id"] = "umcs"
        case.validate_response(case.call(headers=headers, timeout=10), checks=CHECKED)

    one()
