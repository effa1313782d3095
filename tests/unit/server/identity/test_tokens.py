from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.identity.tokens import hash_token, is_token_of, make_token
from server.settings import Environment

secrets = st.binary(min_size=32, max_size=32)


@given(secrets, st.sampled_from(Environment))
def test_a_token_has_its_environments_form_and_no_others(
    secret: bytes, environment: Environment
) -> None:
    token = make_token(environment, secret)
    assert len(token) == 51
    assert token.startswith(f"pv_{environment.value}_")
    assert [one for one in Environment if is_token_of(one, token)] == [environment]


@given(secrets, secrets)
def test_tokens_differ_as_their_secrets_do(one: bytes, other: bytes) -> None:
    tokens = {make_token(Environment.TEST, one), make_token(Environment.TEST, other)}
    assert len(tokens) == len({one, other})


@given(st.text(max_size=60))
def test_any_text_is_judged_and_hashed_without_an_error(text: str) -> None:
    assert not is_token_of(Environment.TEST, text)
    if text.isascii():
        assert hash_token(text) == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "pv_test_",
        "pv_test_" + "a" * 42,
        "pv_test_" + "a" * 44,
        "pv_test_" + "a" * 42 + "\n",
        "pv_test_" + "a" * 43 + "\n",
        "pv_test_" + "a" * 42 + "\u00e4",
        "pv_test_" + "a" * 42 + "=",
        "PV_TEST_" + "a" * 43,
        " pv_test_" + "a" * 43,
    ],
)
def test_what_is_nearly_a_token_is_none(token: str) -> None:
    assert not is_token_of(Environment.TEST, token)


def test_a_secret_of_another_length_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        make_token(Environment.LIVE, b"short")
