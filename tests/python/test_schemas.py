"""Schemas, upcasters and validation through Python."""

import pytest

import crm
from conftest import member

SCHEMA = {
    "type": "object",
    "required": ["n"],
    "properties": {
        "n": {"type": "integer", "minimum": 0},
        "firstName": {"type": "string", "maxLength": 8, "x-personal": True},
    },
}
TYPE = "scl.member.created"
UPCASTER = {
    "type": TYPE, "from": "1.0", "to": "2.0",
    "steps": [{"rename": "/n", "to": "/number"},
              {"default": "/legalBasis", "value": "unknown"}],
}


def test_register_from_dict_and_text(tenant):
    info = tenant.register_schema(TYPE, SCHEMA)
    assert isinstance(info, crm.SchemaInfo)
    assert (info.type, info.version, info.latest) == (TYPE, "1.0", True)
    assert not info.catalogue
    assert info.schema == SCHEMA
    assert info.compatibility is crm.Compatibility.BACKWARD
    field = next(f for f in info.fields if f.pointer == "/firstName")
    assert field.personal and not field.required
    assert field.types == ("string",)
    # The same again, as text.
    assert tenant.register_schema(TYPE, info.schema_json) == info
    assert tenant.schema(TYPE) == info
    assert info in tenant.schemas()
    with pytest.raises(crm.ConflictError):
        tenant.register_schema(TYPE, {})
    with pytest.raises(crm.NotFoundError):
        tenant.schema(TYPE, version="9")
    with pytest.raises(crm.InputError):
        tenant.register_schema("t", {"typ": "object"})
    with pytest.raises(TypeError):
        tenant.register_schema("t", 7)
    with pytest.raises(crm.InputError):
        tenant.register_schema("t", {}, compatibility="sideways")


def test_validation(tenant):
    tenant.register_schema(TYPE, SCHEMA)
    assert [rule.mode for rule in tenant.validation()] == ["off"]
    tenant.set_validation("warn")
    long_name = {"n": 1, "firstName": "a" * 20}
    outcome = tenant.append(member(1, payload=long_name)).events[0]
    assert outcome.warning.startswith("payload/firstName: ")
    assert "aaaa" not in outcome.warning
    assert outcome.code is crm.StatusCode.OK
    assert next(tenant.replay()).warned
    with tenant.snapshot() as snapshot:
        assert snapshot.stats().schema_warnings == 1
    tenant.set_validation(crm.Validation.ENFORCE, type=TYPE)
    with pytest.raises(crm.InputError, match="event 0: payload/n: "):
        tenant.append(member(2, payload={"n": -1}))
    with pytest.raises(crm.InputError):
        tenant.set_validation("inherit")
    tenant.set_validation("inherit", type=TYPE)
    assert [(r.type, r.mode) for r in tenant.validation()] == [("", "warn")]


def test_check(tenant):
    tenant.register_schema(TYPE, SCHEMA)
    found = tenant.check(TYPE, {"n": "x"})
    assert [(v.path, v.keyword) for v in found] == [("/n", "type")]
    assert tenant.check(TYPE, '{"n": 1}', version="1.0") == ()
    with pytest.raises(crm.NotFoundError):
        tenant.check("nobody.knows", {})
    with pytest.raises(crm.InputError):
        tenant.check(TYPE, "[")


def test_upcasters(tenant):
    tenant.append(member(1))
    info = tenant.register_upcaster(UPCASTER)
    assert (info.from_version, info.to_version) == ("1.0", "2.0")
    assert info.upcaster == UPCASTER
    assert tenant.upcasters() == (info,)
    event = next(tenant.replay())
    assert event.version == "2.0"
    assert event.upcast_from == "1.0"
    assert event.payload == {"firstName": "Person 1", "number": 1,
                             "legalBasis": "unknown"}
    event = next(tenant.replay(as_appended=True))
    assert (event.version, event.upcast_from) == ("1.0", "")
    assert event.payload == {"firstName": "Person 1", "n": 1}
    entry = tenant.timeline(1).entries[0]
    assert (entry.version, entry.payload["number"]) == ("2.0", 1)
    entry = tenant.timeline(1, as_appended=True).entries[0]
    assert (entry.version, entry.payload["n"]) == ("1.0", 1)
    with pytest.raises(crm.ConflictError):
        tenant.register_upcaster({**UPCASTER, "to": "3.0"})


def test_definitions_are_kept(folder):
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        tenant = store.tenant("golf-club")
        tenant.register_schema(TYPE, SCHEMA)
        tenant.register_upcaster(UPCASTER)
        tenant.set_validation("enforce")
        known = (tenant.schemas(), tenant.upcasters(), tenant.validation())
    with crm.Store.open(folder / "s") as store:
        tenant = store.tenant("golf-club")
        assert known == (tenant.schemas(), tenant.upcasters(),
                         tenant.validation())
        assert store.verify().sound
