"""Accounts: registered, changed, deactivated, each by one call."""

import datetime
import hashlib
import itertools

import pytest

import crm

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
TOKEN = hashlib.sha256(b"t0ken").hexdigest()
COUNT = itertools.count()


def call(minutes=0, **more):
    return {"id": f"call-{next(COUNT)}", "source": "web",
            "at": NOW + datetime.timedelta(minutes=minutes), **more}


def register(tenant, email="ada@example.com", **more):
    return tenant.register_customer(
        email, **{"first_name": "Ada", "terms_accepted": True, **call(),
                  **more})


def test_register(tenant):
    once = call(ip_address="192.0.2.7", user_agent="test")
    done = register(tenant, marketing_consent=True, phone="0821234567",
                    identifiers={"authUserId": "ada-1"}, token_sha256=TOKEN,
                    expires_at=NOW + datetime.timedelta(days=1), **once)
    assert done.new_customer and not done.repeated
    assert done.types == ("CustomerCreated", "ConsentGranted",
                          "EmailVerificationRequested")
    assert len(done.positions) == 3
    assert tenant.find_customer("authUserId", "ada-1") == done.customer
    decision = tenant.check_consent(done.customer, "marketing", "email",
                                    at=NOW)
    assert decision.verdict == "allow"
    with pytest.raises(crm.ConflictError) as raised:
        register(tenant, "ADA@example.com")
    assert raised.value.code is crm.StatusCode.ALREADY_EXISTS
    with pytest.raises(crm.InputError):
        register(tenant, "ben@example.com", terms_accepted=False)
    with pytest.raises(crm.ConflictError):
        register(tenant, "other@example.com", **once)


def test_verify(tenant):
    ada = register(tenant).customer
    until = NOW + datetime.timedelta(hours=1)
    assert not tenant.customer_state(ada).email_pending
    tenant.request_email_verification(ada, token_sha256=TOKEN,
                                      expires_at=until, **call())
    assert tenant.customer_state(ada).email_pending
    with pytest.raises(crm.ConsentError):
        tenant.verify_email(ada, "0" * 64, **call(1))
    with pytest.raises(crm.InputError):
        tenant.verify_email(ada, TOKEN, **call(61))
    assert tenant.verify_email(ada, TOKEN, **call(2)).types == (
        "EmailVerified",)
    assert tenant.customer_state(ada).email_verified
    done = tenant.update_email(ada, "ada@example.org", token_sha256=TOKEN,
                               expires_at=until, **call(3))
    assert done.types[0] == "CustomerEmailUpdated"
    assert not tenant.customer_state(ada).email_verified
    with pytest.raises(crm.InputError):
        tenant.update_email(ada, "ADA@example.org", **call(4))


def test_profile(tenant):
    ada = register(tenant).customer
    done = tenant.update_profile(
        ada, {"lastName": "King", "dateOfBirth": datetime.date(1815, 12, 10),
              "address": {"city": "London"}}, **call(1))
    assert done.types == ("CustomerNameUpdated", "CustomerAddressUpdated",
                          "CustomerBirthDateUpdated")
    traits = {trait.name: trait.value for trait in tenant.profile(ada).traits}
    assert traits["dateOfBirth"] == "1815-12-10"
    assert traits["address"] == {"city": "London"}
    done = tenant.update_profile(ada, {"lastName": None, "firstName": "Ada"},
                                 **call(2))
    assert done.types == ("CustomerNameUpdated",)
    assert "lastName" not in [t.name for t in tenant.profile(ada).traits]
    for wrong in ({"shoeSize": "38"}, {"lastName": ""},
                  {"dateOfBirth": "soon"}):
        with pytest.raises(crm.InputError):
            tenant.update_profile(ada, wrong, **call(3))


def test_deactivate(tenant):
    ada = register(tenant, marketing_consent=True).customer
    tenant.deactivate(ada, "customer-request", notes="by phone", **call(1))
    state = tenant.customer_state(ada)
    assert state.state is crm.RecordState.DEACTIVATED
    assert state.customer == ada and state.position > 0
    assert state.since == NOW + datetime.timedelta(minutes=1)
    decision = tenant.check_consent(ada, "marketing", "email", at=NOW)
    assert decision.rule == crm.ConsentRule.DEACTIVATED
    assert tenant.deactivate(ada, crm.DeactivationReason.FRAUD,
                             **call(2)).types == ()
    tenant.reactivate(ada, **call(3))
    assert tenant.check_consent(ada, "marketing", "email",
                                at=NOW).verdict == "allow"
    tenant.erase(ada)
    assert tenant.customer_state(ada).state is crm.RecordState.ERASED
    with pytest.raises(crm.NotFoundError):
        tenant.customer_state(99)
