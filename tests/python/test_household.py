"""Households: who lives together, without being one."""

import pytest

import crm
from conftest import member


def person(number, surname, street):
    event = dict(member(number))
    event["type"] = "crm.profile.updated"
    event["payload"] = {"traits": {"lastName": surname, "street": street,
                                   "city": "Ely"}}
    return event


def test_by_hand(tenant):
    for number in (1, 2, 3):
        tenant.append(member(number))
    home = tenant.change_household(name="H-4711", join=[1, 2], by="desk",
                                   why="they said so")
    [told] = tenant.households(name="H-4711")
    assert (told.id, told.name, told.by, told.why) == (
        home, "H-4711", "desk", "they said so")
    assert not told.derived and told.at.tzinfo is not None
    assert [one.customer for one in told.members] == [1, 2]
    assert told.members[0].evidence == ()
    assert told.to_dict()["members"] == told.members
    assert tenant.change_household(household=home, join=[3], leave=[2]) == home
    assert tenant.households(customer=2) == ()
    [hers] = tenant.households(customer=3)
    assert hers.id == home
    tenant.merge(1, 3, by="t", why="t", force=True)
    [one] = tenant.households(household=home)
    assert [member.customer for member in one.members] == [1]


def test_found(tenant):
    for number in (1, 2):
        tenant.append(person(number, "King", "12 Hill Road"))
    would = tenant.match_households()
    assert (would.made, would.joined, would.position) == (1, 2, 0)
    [change] = would.changes
    assert change.household == 0 and change.leave == ()
    assert change.join[0].evidence == (crm.HouseholdEvidence.ADDRESS,
                                       crm.HouseholdEvidence.SURNAME)
    steps = []
    report = tenant.match_households(
        dry_run=False, by="nightly",
        progress=lambda done, total: steps.append((done, total)))
    assert report.changes[0].household == 1 and steps
    [home] = tenant.households()
    assert home.derived and home.by == "nightly"
    assert tenant.match_households(dry_run=False).position == 0
    with pytest.raises(crm.RetryableError):
        tenant.match_households(progress=lambda done, total: False)


def test_another_finder(tenant):
    for number in (1, 2):
        tenant.append(member(number))
    home = tenant.change_household(
        join=[(1, ["phone"]), (2, [crm.HouseholdEvidence.PHONE, "email"])],
        derived=True)
    [told] = tenant.households(household=home)
    assert told.members[1].evidence == ("email", "phone")
    # The run finds nothing that speaks for it.
    assert tenant.match_households(dry_run=False).left == 2
    assert tenant.households() == ()
    assert tenant.households(empty=True)[0].members == ()


def test_bad_input(tenant):
    tenant.append(member(1))
    home = tenant.change_household(name="H-1", join=[1])
    with pytest.raises(crm.ConflictError):
        tenant.change_household(name="H-1")
    with pytest.raises(crm.NotFoundError):
        tenant.change_household(household=home, join=[9])
    with pytest.raises(crm.NotFoundError):
        tenant.households(name="H-2")
    for call in (lambda: tenant.change_household(household=home),
                 lambda: tenant.change_household(household=home,
                                                 join=[(1, ["x"])]),
                 lambda: tenant.change_household(household=home,
                                                 join=[(1,)]),
                 lambda: tenant.change_household(
                     name="x" * (crm.MAX_HOUSEHOLD_NAME_BYTES + 1)),
                 lambda: tenant.match_households(min_evidence=5)):
        with pytest.raises(crm.InputError):
            call()
