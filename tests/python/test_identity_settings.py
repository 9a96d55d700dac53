"""Settings of identity through Python."""

import json

import pytest

import crm

from conftest import member


def event(number, card):
    return member(number, identity={"card": card})


def test_defaults(tenant):
    settings = tenant.identity_settings()
    assert settings["rules"]["attach_bar"] == 85
    assert settings["namespaces"]["email"]["class"] == "shareable"
    tenant.set_identity_settings(settings)
    assert tenant.identity_settings() == settings


def test_set(tenant):
    tenant.set_identity_settings({"namespaces": {"card": {"fold_case": True}}})
    first = tenant.append(event(1, "AB")).events[0].customer
    assert tenant.find_customer("card", "aB") == first
    assert tenant.identity_settings()["namespaces"]["card"] == {
        "class": "exclusive", "confidence": 100, "priority": 100,
        "fold_case": True, "aliases": []}
    settings = tenant.identity_settings()
    settings["blocked"] = {"card": ["front desk"]}
    tenant.set_identity_settings(json.dumps(settings))
    assert tenant.append(event(2, "Front Desk")).events[0].customer == 0
    tenant.set_identity_settings("{}")
    with pytest.raises(crm.NotFoundError):
        tenant.find_customer("card", "aB")


def test_what_is_refused(tenant):
    before = tenant.identity_settings()
    with pytest.raises(crm.InputError, match="/rules/bar: there is no such"):
        tenant.set_identity_settings({"rules": {"bar": 1}})
    with pytest.raises(crm.InputError):
        tenant.set_identity_settings("{")
    with pytest.raises(TypeError):
        tenant.set_identity_settings(7)
    assert tenant.identity_settings() == before


def test_a_walk_over_the_store_gives_them(store, tenant):
    tenant.set_identity_settings({"rules": {"attach_bar": 90}})
    with store.snapshot() as snapshot:
        found = [e.definition for e in snapshot.replay() if e.is_definition]
    assert [d.kind for d in found] == [crm.DefinitionKind.IDENTITY]
    assert found[0].json == '{"rules":{"attach_bar":90}}'
    assert found[0].mode is None and found[0].compatibility is None
