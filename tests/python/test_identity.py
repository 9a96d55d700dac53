"""Who is who, by hand: merges, unmerges, assertions, questions, explanations."""

import random

import pytest

import crm
from conftest import member

DESK = {"by": "support desk", "why": "she called"}


def account(number, **identity):
    return {"id": f"a-{number}", "type": "t", "source": "app", "payload": {},
            "identity": {"authUserId": str(number), **identity}}


def test_merge_and_back(tenant):
    ada = tenant.append(member(1)).events[0].customer
    web = {"id": "w-1", "type": "t", "source": "web", "payload": {},
           "identity": {"email": "other@example.com"}}
    other = tenant.append(web).events[0].customer
    would = tenant.merge(ada, other, dry_run=True, **DESK)
    assert would.position == 0 and would.customer == ada
    merged = tenant.merge(ada, other, **DESK)
    assert (merged.customer, merged.retired) == (ada, other)
    customer = tenant.customer(other)
    assert customer.id == ada and customer.retired == (other,)
    assert tenant.find_customer("email", "other@example.com") == ada
    why = tenant.why(ada, other)
    assert why.together and why.evidence and why.text
    assert any(one.kind is crm.IdentityEvidenceKind.MERGE
               for one in why.evidence)
    with pytest.raises(crm.InputError):
        tenant.why_not(ada, other)
    history = tenant.how(ada)
    assert history.customer == ada
    assert history.steps[0].kind is crm.IdentityStepKind.BEGAN
    [step] = [one for one in history.steps
              if one.kind is crm.IdentityStepKind.MERGED]
    assert (step.retired, step.by, step.why) == (other, "support desk",
                                                 "she called")
    page = tenant.identity_changes(0)
    [change] = page.changes
    assert change.kind is crm.IdentityChangeKind.MERGED
    assert (change.from_customer, change.to_customer) == (other, ada)
    assert tenant.identity_changes(page.position).changes == ()
    undone = tenant.unmerge(merge=merged.position, **DESK)
    assert [part.customer for part in undone.parts] == [ada, other]
    assert not undone.parts[1].is_new
    assert tenant.customer(other).id == other
    with pytest.raises(crm.InputError):
        tenant.unmerge(merge=merged.position)


def test_what_cannot_be_chosen(tenant):
    a = tenant.append(account(1)).events[0]
    b = tenant.append(account(2)).events[0]
    with pytest.raises(crm.ConflictError):
        tenant.merge(a.customer, b.customer)
    with pytest.raises(crm.NotFoundError):
        tenant.merge(a.customer, 99)
    with pytest.raises(crm.InputError):
        tenant.merge(a.customer, b.customer, force=True)
    with pytest.raises(crm.InputError):
        tenant.unmerge()
    with pytest.raises(crm.InputError, match="AssertionKind"):
        tenant.add_assertion("perhaps", a.record, b.record)
    with pytest.raises(crm.NotFoundError):
        tenant.retract_assertion(a.record, b.record)
    merged = tenant.merge(a.customer, b.customer, force=True, keep=b.customer,
                          **DESK)
    assert merged.customer == b.customer


def test_a_question(tenant):
    tenant.append(account(1, email="family@example.com"))
    outcome = tenant.append(account(2, email="family@example.com")).events[0]
    assert outcome.contested and outcome.merged == ()
    [withheld] = outcome.withheld
    assert withheld.namespace == "email"
    assert withheld.reason is crm.IdentityReason.EXCLUSIVE_CONFLICT
    [review] = tenant.reviews()
    assert outcome.reviews == (review.position,)
    assert review.reason == "exclusive_conflict" and review.weight > 0
    assert tenant.reviews(customer=review.a, limit=1) == (review,)
    with tenant.snapshot() as snapshot:
        assert snapshot.stats().open_reviews == 1
        assert snapshot.stats().last_customer == 2
    with pytest.raises(crm.InputError, match="ReviewAnswer"):
        tenant.answer_review(review.position, "maybe")
    with pytest.raises(crm.ConflictError):
        tenant.answer_review(review.position, "same", **DESK)
    position = tenant.answer_review(review.position,
                                    crm.ReviewAnswer.DIFFERENT, **DESK)
    assert position > review.position and tenant.reviews() == ()
    [said] = tenant.assertions(review.a)
    assert said.kind is crm.AssertionKind.CANNOT_LINK
    # What follows of an answer is said first, then that it was answered.
    assert review.position < said.position < position
    tenant.retract_assertion(said.a, said.b)
    assert tenant.assertions(review.a) == ()
    tenant.add_assertion("cannot_link", said.b, said.a)
    with pytest.raises(crm.InputError):
        tenant.reviews(limit=0)


def test_records_become_a_customer_of_their_own(tenant):
    first = tenant.append(member(1)).events[0]
    second = tenant.append(member(2, source="web", identity={
        "email": "p1@example.com"})).events[0]
    assert second.customer == first.customer
    undone = tenant.unmerge(records=[second.record], **DESK)
    assert undone.parts[1].is_new
    assert undone.parts[1].records == (second.record,)
    why = tenant.why_not(first.customer, undone.parts[1].customer)
    assert not why.together and "p1@example.com" not in why.text


def test_lookup_and_what_if(tenant):
    ada = tenant.append(member(1)).events[0].customer
    found = tenant.lookup([("deviceId", "unheard of"),
                           crm.Identifier("email", "P1@example.com")])
    assert (found.customer, found.matched, found.confidence) == (ada, 1, 95)
    assert tenant.lookup({"sclMemberId": "10001"}).customer == ada
    with pytest.raises(crm.NotFoundError):
        tenant.lookup({"email": "nobody@example.com"})
    with pytest.raises(TypeError):
        tenant.lookup([5])
    for event in (member(1, id="new"), crm.Event(
            id="x", type="t", source="web",
            identifiers={"email": "p1@example.com"}), b"{}"):
        if event == b"{}":
            with pytest.raises(crm.InputError):
                tenant.what_if(event)
        else:
            assert tenant.what_if(event).customer == ada
    assert len(list(tenant.replay())) == 1


ADA = {"firstName": "Ada", "lastName": "Zubizarreta",
       "dateOfBirth": "1961-04-09"}


def someone(number, payload):
    return {"id": f"s-{number}", "type": "scl.member.updated", "source": "app",
            "identity": {"email": f"s{number}@club.test"}, "payload": payload}


def stranger(number):
    dice = random.Random(number)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {"firstName": "".join(dice.choices(letters, k=7)),
            "lastName": "".join(dice.choices(letters, k=9)),
            "dateOfBirth": f"19{dice.randrange(20, 99)}-03-05"}


def test_match_customers(tenant):
    for i in range(60):
        tenant.append(someone(i, stranger(i)))
    one, two = [tenant.append(someone(100 + i, ADA)).events[0]
                for i in range(2)]
    steps = []
    would = tenant.match_customers(progress=lambda *step: steps.append(step))
    assert steps and would.position == 0
    assert (would.records, would.merged, would.left) == (62, 1, 0)
    match = would.matches[0]
    assert (match.a, match.b) == (one.record, two.record)
    assert match.weight >= 12
    assert match.reason is crm.IdentityReason.NONE
    assert tenant.customer(two.customer).id == two.customer
    fields = crm.default_match_fields()
    assert "firstName" in fields["given_name"]
    with pytest.raises(crm.RetryableError):
        tenant.match_customers(dry_run=False, fields=fields,
                               progress=lambda done, total: False)
    with pytest.raises(crm.InputError):
        tenant.match_customers(progress=lambda *step: tenant.customer(1))
    for bad in ({"threads": 0}, {"fields": {"nose": "x"}}, {"model": "{"},
                {"merge_weight": float("nan")}, {"why": "x" * 257}):
        with pytest.raises(crm.InputError):
            tenant.match_customers(**bad)
    report = tenant.match_customers(dry_run=False, by="nightly", threads=2)
    assert report.merged == 1 and report.position > 0
    assert tenant.customer(two.customer).id == one.customer
    step = tenant.how(one.customer).steps[-1]
    assert step.weight == pytest.approx(match.weight, abs=0.01)
    [evidence] = tenant.why(one.customer, two.customer).evidence
    assert evidence.weight == step.weight
    again = tenant.match_customers(dry_run=False)
    assert (again.merged, again.position) == (0, 0)


def test_apply_matches(tenant):
    one, two, three = [tenant.append(someone(i, ADA)).events[0]
                       for i in range(3)]
    with pytest.raises(crm.NotFoundError):
        tenant.apply_matches([(one.record, 4711, 13)])
    with pytest.raises(crm.InputError):
        tenant.apply_matches([(one.record, one.record, 13)])
    with pytest.raises(TypeError):
        tenant.apply_matches([(one.record, two.record)])
    weak = crm.CustomerMatch(one.record, three.record, 5, reason="weak_match")
    assert weak.reason is crm.IdentityReason.WEAK_MATCH
    would = tenant.apply_matches([(one.record, two.record, 13.25), weak],
                                 dry_run=True)
    assert (would.merged, would.asked, would.position) == (1, 1, 0)
    report = tenant.apply_matches([(one.record, two.record, 13.25), weak],
                                  by="other matcher")
    assert (report.merged, report.asked) == (1, 1)
    assert report.position > 0 and report.matches[1] == weak
    assert tenant.customer(two.customer).id == one.customer
    [question] = tenant.reviews()
    assert question.reason is crm.IdentityReason.WEAK_MATCH


def test_re_resolve(tenant):
    # An address that was not enough, and is.
    tenant.set_identity_settings({"rules": {"attach_bar": 96,
                                            "merge_bar": 96}})
    ada = tenant.append(member(1)).events[0].customer
    other = tenant.append(member(2, source="web", identity={
        "email": "p1@example.com"})).events[0].customer
    assert other != ada
    tenant.set_identity_settings({})
    steps = []
    would = tenant.re_resolve(progress=lambda *step: steps.append(step))
    assert steps and all(done <= total for done, total in steps)
    assert (would.records, would.records_moved, would.position) == (2, 1, 0)
    assert (would.customers_before, would.customers_after) == (2, 1)
    [change] = would.changes
    assert change.kind is crm.IdentityChangeKind.MERGED
    assert (change.from_customer, change.to_customer) == (other, ada)
    assert tenant.customer(other).id == other
    with pytest.raises(crm.RetryableError) as cancelled:
        tenant.re_resolve(dry_run=False, progress=lambda done, total: False)
    assert cancelled.value.code is crm.StatusCode.CANCELLED
    with pytest.raises(ZeroDivisionError):
        tenant.re_resolve(dry_run=False, progress=lambda done, total: 1 / 0)
    with pytest.raises(crm.InputError):
        tenant.re_resolve(progress=lambda *step: tenant.customer(ada))
    with pytest.raises(crm.InputError):
        tenant.re_resolve(why="x" * 257)
    assert tenant.customer(other).id == other
    report = tenant.re_resolve(dry_run=False, **DESK)
    assert report.position > 0 and report.customers_after == 1
    assert tenant.customer(other).id == ada
    assert tenant.re_resolve(dry_run=False).changes == ()
