"""Consent through Python."""

import datetime
import json

import pytest

import crm

NOW = datetime.datetime.now(datetime.timezone.utc)
ADA = {"email": "ada@example.com"}


def grant(tenant, **more):
    return tenant.record_consent("grant", purpose="marketing", channel="email",
                                 identifiers=ADA, **more)


def check(tenant, customer=1, **more):
    return tenant.check_consent(customer, "marketing", "email",
                                at=more.pop("at", NOW), **more)


def test_grant_and_withdraw(tenant):
    outcome = grant(tenant, method="web-form", ip_address="192.0.2.1")
    decision = check(tenant, outcome.customer)
    assert decision.verdict == crm.Verdict.ALLOW == "allow"
    assert decision.rule is crm.ConsentRule.CONSENT
    assert decision.state is crm.ConsentState.GIVEN
    assert decision.acts == (outcome.position,)
    assert decision.until is None
    assert decision == check(tenant, outcome.customer)
    assert json.loads(decision.to_json())["verdict"] == "allow"
    tenant.record_consent(crm.ConsentAction.WITHDRAW,
                          customer=outcome.customer)
    decision = check(tenant)
    assert decision.verdict is crm.Verdict.DENY
    assert "withdrawn" in decision.explain()
    assert check(tenant, known_at=outcome.position).verdict == "allow"
    history = tenant.consent_history(outcome.customer)
    assert [act["action"] for act in history] == ["grant", "withdraw"]
    assert history[0]["payload"]["ipAddress"] == "192.0.2.1"
    early = NOW - datetime.timedelta(days=1)
    assert tenant.consent_history(outcome.customer, as_of=early) == []


def test_deferred(tenant):
    tenant.set_consent_settings({"regimes": {"house": {
        "jurisdictions": ["*"], "sendWindows": {
            "channels": ["email"], "zones": ["UTC"], "windows": [{
                "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                "from": "08:00", "until": "20:00"}]}}}})
    at = datetime.datetime(2026, 1, 5, 21, tzinfo=datetime.timezone.utc)
    grant(tenant, occurred_at=at - datetime.timedelta(days=1))
    decision = check(tenant, at=at)
    assert decision.verdict is crm.Verdict.DEFER
    assert decision.rule is crm.ConsentRule.QUIET_HOURS
    assert decision.until == at + datetime.timedelta(hours=11)
    assert decision.regime == "house"


def test_lists_preferences_and_receipts(tenant):
    for number in range(5):
        tenant.record_consent("grant", purpose="marketing", channel="email",
                              identifiers=[("email", f"p{number}@x.example")])
    page, after = tenant.list_consents("marketing", "email", at=NOW, limit=3)
    assert (page, after) == ([1, 2, 3], 3)
    page, after = tenant.list_consents("marketing", "email", at=NOW,
                                       after=after)
    assert (page, after) == ([4, 5], 0)
    assert tenant.preferences(1) == {
        "email_frequency": None, "time_zone": None, "categories": None}
    [act] = tenant.consent_history(1)
    receipt = tenant.consent_receipt(1, act["position"], format="iso27560")
    assert receipt["header"]["schema_version"] == "ISO/IEC TS 27560:2023"
    kantara = tenant.consent_receipt(1, act["position"])
    assert kantara["version"] == "KI-CR-v1.1.0"


def test_settings(tenant):
    settings = tenant.consent_settings()
    assert set(settings["purposes"]) == {"marketing", "analytics", "essential"}
    tenant.set_consent_settings(settings)
    assert tenant.consent_settings() == settings
    with pytest.raises(crm.InputError, match="/purposes/x/legalBasis"):
        tenant.set_consent_settings({"purposes": {"x": {"legalBasis": "?"}}})
    assert tenant.consent_settings() == settings


def test_what_is_refused(tenant):
    with pytest.raises(crm.InputError, match="purpose"):
        tenant.record_consent("grant", purpose="?", channel="email",
                              identifiers=ADA)
    with pytest.raises(crm.InputError, match="act: must be one of"):
        tenant.record_consent("nod", identifiers=ADA)
    with pytest.raises(crm.InputError, match="five minutes"):
        grant(tenant, occurred_at=NOW + datetime.timedelta(days=1))
    with pytest.raises(crm.InputError):
        check(tenant, at=datetime.datetime(2026, 1, 1))
    with pytest.raises(crm.NotFoundError):
        check(tenant, template_name="nowhere")
    with pytest.raises(crm.NotFoundError):
        tenant.consent_history(7)
    assert check(tenant, 7).rule is crm.ConsentRule.UNKNOWN_CUSTOMER
