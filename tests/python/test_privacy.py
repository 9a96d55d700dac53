"""Erasing a customer, and proving it."""

import datetime
import json

import pytest

import crm
from conftest import member

DESK = {"by": "privacy desk", "why": "gdpr-request"}


def test_erase(tenant):
    ada = tenant.append(member(1)).events[0].customer
    ben = tenant.append(member(2)).events[0].customer
    plan = tenant.erase(ada, dry_run=True)
    assert plan.position == 0 and not plan.complete and plan.events == 1
    assert plan.doubtful == () and plan.retired == ()
    assert tenant.erasures() == ()
    report = tenant.erase(ada, **DESK)
    assert report.complete and report.customer == ada
    assert report.mode is crm.ErasureMode.SHRED
    assert (report.by, report.why) == ("privacy desk", "gdpr-request")
    assert report.records == plan.records
    assert report.at.tzinfo is not None
    for call in (tenant.profile, tenant.customer, tenant.timeline,
                 tenant.erase, tenant.how):
        with pytest.raises(crm.ConsentError) as raised:
            call(ada)
        assert raised.value.code is crm.StatusCode.ERASED
    assert tenant.profile(ben).events == 1
    [listed] = tenant.erasures()
    assert listed.certificate == report.certificate
    [change] = tenant.identity_changes(0).changes
    assert change.kind is crm.IdentityChangeKind.ERASED
    assert (change.from_customer, change.to_customer) == (ada, 0)
    assert change.records == report.records


def test_late_events_are_refused(tenant):
    early = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    ada = tenant.append(member(1)).events[0].customer
    tenant.erase(ada)
    late = dict(member(1), id="late", timestamp=early.isoformat())
    with pytest.raises(crm.ConsentError):
        tenant.append(late)
    result = tenant.append(late, partial=True)
    assert result.erased == result.rejected == 1
    assert result.events[0].outcome is crm.Outcome.ERASED
    now = datetime.datetime.now(datetime.timezone.utc)
    back = tenant.append(dict(member(1), id="back",
                              timestamp=now.isoformat())).events[0]
    assert back.new_customer and back.customer > ada


def test_certificate(tenant):
    ada = tenant.append(member(1)).events[0].customer
    report = tenant.erase(ada, **DESK)
    key = tenant.signing_key()
    info = crm.verify_certificate(report.certificate, public_key=key)
    assert info.request == report.request and info.public_key == key
    assert info.records == report.records and info.customer == ada
    parts = json.loads(report.certificate)
    assert parts["certificate"]["why"] == "gdpr-request"
    # Written out for people it is the same.
    crm.verify_certificate(json.dumps(parts, indent=2))
    parts["certificate"]["customer"] += 1
    with pytest.raises(crm.ConsentError):
        crm.verify_certificate(json.dumps(parts))
    with pytest.raises(crm.InputError):
        crm.verify_certificate("{}")
    assert tenant.apply_certificate(report.certificate) == tenant.erasures()[0]


def test_what_cannot_be_erased(tenant):
    ada = tenant.append(member(1)).events[0].customer
    with pytest.raises(crm.InputError):
        tenant.erase(ada, mode="softly")
    with pytest.raises(crm.NotFoundError):
        tenant.erase(99)
    with pytest.raises(crm.InputError):
        tenant.erase(ada, why="x" * 257)
    assert tenant.profile(ada).events == 1


def test_hard(tenant):
    ada = tenant.append(member(1)).events[0].customer
    plan = tenant.erase(ada, mode="hard", dry_run=True)
    assert plan.removed_bytes == plan.files_searched == 0
    report = tenant.erase(ada, mode=crm.ErasureMode.HARD)
    assert report.mode is crm.ErasureMode.HARD
    assert report.removed_bytes > report.bytes > 0
    assert report.files_searched > 0
    assert json.loads(report.certificate)["certificate"]["mode"] == "hard"
    [event] = list(tenant.replay())
    assert not event.opened and not event.redacted


def test_anonymise(tenant):
    for i in range(10):
        event = dict(member(i), type="OrderPlaced",
                     timestamp="2026-03-05T10:00:00Z",
                     payload={"total": 2.5, "note": "canary"})
        customer = tenant.append(event).events[0].customer
        plan = tenant.erase(customer, mode="anonymise", dry_run=True)
        report = tenant.erase(customer, mode=crm.ErasureMode.ANONYMISE)
        assert report.mode is crm.ErasureMode.ANONYMISE
        assert report.counted == plan.counted == 1
        assert report.counted_fields == ("OrderPlaced /total",)
        assert report.anonymised == plan.anonymised
        assert report.waiting_sums == plan.waiting_sums == (2 if i < 9 else 0)
        assert len(report.anonymised) == (1 if i == 9 else 0)
    assert json.loads(report.anonymised[0]) == {
        "type": "OrderPlaced", "month": "2026-03", "people": 10, "events": 10,
        "fields": [{"field": "/total", "people": 10, "values": 10,
                    "sum": 25}]}
    [nobody] = list(tenant.replay(types=["crm.events.anonymised"]))
    assert nobody.customer == 0 and nobody.payload["people"] == 10
    assert tenant.erasures()[9].anonymised == ()


def test_redact(tenant):
    event = tenant.append(dict(member(1), payload={"note": "frail"})).events[0]
    plan = tenant.redact(event.position, dry_run=True)
    assert plan.position == 0 and plan.event == event.position
    report = tenant.redact(event.position, by="desk", why="health data")
    assert report.position > report.event
    assert report.customer == event.customer and report.record == event.record
    assert report.bytes == plan.bytes > 0 and report.files_searched > 0
    [shown] = list(tenant.replay())
    assert shown.redacted and shown.opened
    assert shown.payload == {} and shown.id == member(1)["id"]
    [entry] = tenant.timeline(event.customer).entries
    assert entry.redacted and entry.payload == {}
    with pytest.raises(crm.ConflictError):
        tenant.redact(event.position)
    with pytest.raises(crm.NotFoundError):
        tenant.redact(10_000)


def test_subscriptions_tell(tenant):
    ada = tenant.append(member(1)).events[0].customer
    position = tenant.erase(ada).position
    with tenant.subscribe(after=position - 1) as follower:
        message = next(iter(follower))
    assert message.kind is crm.MessageKind.ERASED
    assert message.position == position
    assert message.change.from_customer == ada


def test_backup_and_restore(folder):
    key = folder / "s.key"
    with crm.Store.open(folder / "s", create_if_missing=True) as store:
        club = store.tenant("golf-club")
        ada = club.append(member(1)).events[0].customer
        ben = club.append(member(2)).events[0].customer
        report = store.backup(folder / "data")
        assert report.files > 2 and report.bytes > 0
        club.erase(ada)
        store.backup_keys(folder / "keys")
        with pytest.raises(crm.ConflictError):
            store.backup(folder / "data")
    assert crm.verify_backup(folder / "data") == report
    with pytest.raises(crm.NotFoundError):
        crm.verify_backup(folder / "nowhere")
    with pytest.raises(crm.InputError):
        crm.restore_store(folder / "data", folder / "data", folder / "r",
                          key_file=key)
    crm.restore_store(folder / "data", folder / "keys", folder / "r",
                      key_file=key)
    with crm.Store.open(folder / "r", key_file=key) as store:
        club = store.tenant("golf-club")
        assert club.profile(ben).events == 1
        with pytest.raises(crm.ConsentError):
            club.profile(ada)


def test_holds(tenant):
    ada = tenant.append(member(1)).events[0].customer
    hold = tenant.place_hold(ada, categories=["orders"], by="legal",
                             why="case 1")
    assert hold == 1
    with pytest.raises(crm.InputError) as raised:
        tenant.erase(ada)
    assert raised.value.code is crm.StatusCode.FAILED_PRECONDITION
    assert "hold 1 (orders)" in str(raised.value)
    assert tenant.erase(ada, dry_run=True).holds == (hold,)
    waits = tenant.erase(ada, wait_for_release=True, **DESK)
    assert waits.holds == (hold,) and not waits.complete
    listed = tenant.holds(customer=ada)
    [one] = listed.holds
    assert (one.id, one.customer, one.categories) == (hold, ada, ("orders",))
    assert (one.by, one.why, one.released_at) == ("legal", "case 1", None)
    [waiting] = listed.waiting
    assert waiting.holds == (hold,) and waiting.why == "gdpr-request"
    assert waiting.mode is crm.ErasureMode.SHRED and not waiting.confirm
    release = tenant.release_hold(hold, by="legal", why="over")
    assert release.hold.released_by == "legal"
    assert release.hold.released_at.tzinfo is not None
    assert [report.customer for report in release.erased] == [ada]
    assert release.failed == ()
    assert tenant.holds().holds == ()
    assert len(tenant.holds(released=True).holds) == 1
    with pytest.raises(crm.InputError):
        tenant.release_hold(hold)
    with pytest.raises(crm.NotFoundError):
        tenant.release_hold(9)
    with pytest.raises(crm.ConsentError):
        tenant.place_hold(ada)


def test_tenants_are_listed_dropped_and_exported(tmp_path):
    folder = tmp_path / "s"
    with crm.Store.open(folder, create_if_missing=True) as store:
        for name in ("club", "spa"):
            store.tenant(name).append(member(1))
        club, spa = store.list_tenants()
        assert (club.name, spa.name) == ("club", "spa")
        assert club.events == club.customers == club.records == 1
        assert club.dropped_position == 0 and club.dropped_at is None
        store.export(tmp_path / "club.ndjson", tenant="club")
        with pytest.raises(crm.InputError, match="confirm"):
            store.drop_tenant("club")
        plan = store.drop_tenant("club", dry_run=True)
        assert plan.position == 0 and plan.at is None and plan.keys > 0
        handle = store.tenant("club")
        drop = store.drop_tenant("club", confirm=True, **DESK)
        assert drop.position > 0 and drop.customers == 1 and drop.holds == 0
        assert drop.at.tzinfo is not None
        with pytest.raises(crm.ConsentError, match="club"):
            handle.append(member(2))
        with pytest.raises(crm.ConsentError):
            store.tenant("club")
        with pytest.raises(crm.ConsentError):
            store.drop_tenant("club", confirm=True)
        with pytest.raises(crm.NotFoundError):
            store.drop_tenant("nowhere", confirm=True)
        assert store.tenant_names() == ["spa"]
        club, _ = store.list_tenants()
        assert club.dropped_position == drop.position
        assert club.dropped_at == drop.at
        assert club.dropped_why == "gdpr-request"
        assert store.verify().sound
    with crm.Store.open(tmp_path / "other", create_if_missing=True) as other:
        assert other.import_store(tmp_path / "club.ndjson").identical
        assert other.tenant_names() == ["club"]


def test_without_keys_open_parts_are_shown(tmp_path):
    folder = tmp_path / "s"
    with crm.Store.open(folder, create_if_missing=True) as store:
        store.tenant("club").append(member(1))
        store.backup(tmp_path / "data")
    restored = tmp_path / "r"
    with pytest.raises(crm.FatalError) as raised:
        crm.restore_store(tmp_path / "data", None, restored)
    assert raised.value.code is crm.StatusCode.KEY_MISSING
    crm.restore_store(tmp_path / "data", None, restored, allow_unreadable=True)
    with pytest.raises(crm.FatalError):
        crm.Store.open(restored)
    with crm.Store.open(restored, allow_unreadable=True) as store:
        assert store.unreadable
        club = store.tenant("club")
        [event] = list(club.replay())
        assert event.unreadable and not event.opened
        with pytest.raises(crm.FatalError):
            club.profile(1)
        with pytest.raises(crm.Error) as refused:
            club.append(member(2))
        assert refused.value.code is crm.StatusCode.READ_ONLY
        report = store.verify()
        assert report.sound and report.unreadable > 0
    with crm.Store.open(folder, allow_unreadable=True) as store:
        assert not store.unreadable


def test_privacy_settings(tenant):
    ada = tenant.append(member(1)).events[0].customer
    settings = tenant.privacy_settings()
    assert "PageViewed" in settings["categories"]["browsing"]
    tenant.set_privacy_settings({"categories": {"health": ["visit.*"]}})
    settings = tenant.privacy_settings()
    assert settings["categories"]["health"] == ["visit.*"]
    tenant.place_hold(ada, categories=("health",))
    with pytest.raises(crm.InputError, match="hold 1 is of health"):
        tenant.set_privacy_settings({})
    with pytest.raises(crm.InputError, match="/kinds"):
        tenant.set_privacy_settings({"kinds": 1})
    with pytest.raises(crm.InputError, match="no category food"):
        tenant.place_hold(ada, categories=["food"])


def test_retain(tenant):
    now = datetime.datetime.now(datetime.timezone.utc)
    old = now - datetime.timedelta(days=100)
    with pytest.raises(crm.InputError):
        tenant.retain(now)
    tenant.set_privacy_settings({"retention": {"days": 90}})
    ada = tenant.append(dict(member(1), timestamp=old.isoformat()))
    ada = ada.events[0].customer
    tenant.append(dict(member(1), id="new", timestamp=now.isoformat()))
    before = tenant.profile(ada)
    plan = tenant.retain(now, dry_run=True)
    assert (plan.position, plan.events, plan.held, plan.more) == (0, 1, 0,
                                                                  False)
    [kind] = plan.types
    assert kind.events == 1 and kind.customers == 1 and kind.held == 0
    assert kind.before == now - datetime.timedelta(days=90)
    done = tenant.retain(now, by="nightly")
    assert done.position > 0 and done.events == 1 and done.as_of == now
    assert tenant.profile(ada) == before
    entries = tenant.timeline(ada).entries
    assert [(entry.expired, entry.opened) for entry in entries] == [
        (False, True), (True, False)]
    assert entries[1].payload is None
    [first, second] = list(tenant.replay())
    assert first.expired and not first.opened and not second.expired
    tenant.append(dict(member(1), id="late", timestamp=old.isoformat()))
    with pytest.raises(crm.RetryableError):
        tenant.retain(now, progress=lambda done, total: False)
    # Behind the mark: the rest is done by the next one.
    assert tenant.retain(now).events == 0
    with pytest.raises(crm.InputError):
        tenant.retain(now + datetime.timedelta(days=1))
