"""Records in memory: MatchSet, models, links and explanations."""

import datetime
import math
import random

import pytest

import crm


def blackwoods():
    people = crm.MatchSet()
    people.add("a", {"given_name": "William", "surname": "Blackwood",
                     "birth_date": "1961-04-09"})
    people.add("b", {"given_name": "Nomsa", "surname": "Dlamini"})
    people.add("c", {"full_name": "Blackwood, Bill",
                     "birth_date": datetime.date(1961, 4, 9)})
    return people


def crowd(persons=200):
    """Each person twice: records 2n and 2n + 1."""
    random.seed(5)
    for number in range(persons):
        given = "".join(random.choices("abcdefghij", k=6))
        last = "".join(random.choices("klmnopqrst", k=8))
        born = "%d-%02d-%02d" % (random.randint(1920, 2005),
                                 random.randint(1, 12), random.randint(1, 28))
        for copy in range(2):
            first = given if copy == 0 or number % 4 else given[1:]
            yield {"id": f"{number}-{copy}", "given_name": first,
                   "surname": last, "birth_date": born}


def test_links_and_explains():
    people = blackwoods()
    assert len(people) == 3 and "b" in people and "d" not in people
    assert people.id(2) == "c" and people.find("c") == 2
    result = crm.link_records(people, link_weight=2)
    assert result.clusters == (0, 1, 0) and result.cluster_count == 2
    [link] = result.links
    assert (link.a, link.b) == (0, 2) and link.weight > 2
    assert result.links is result.links
    why = crm.explain_pair(people, 0, 2, prior=result.prior)
    assert why.weight == pytest.approx(link.weight)
    assert why.weight == pytest.approx(
        why.prior + sum(one.weight for one in why.evidence))
    levels = {one.field: one.level for one in why.evidence}
    assert levels[crm.MatchField.GIVEN_NAME] == "nickname"
    assert levels[crm.MatchField.BIRTH_DATE] == "exact"
    assert crm.explain_pair(people, 0, 2) == crm.explain_pair(people, 0, 2)
    assert result.to_dict()["pairs"] == result.pairs


def test_trains_and_keeps():
    people = crm.MatchSet()
    assert people.add_many(crowd()) == 400
    training = crm.train_model(people)
    assert training == crm.train_model(people)
    assert training.sessions > 0 and training.model.trained_on == 400
    kept = crm.MatchModel.from_json(training.model.to_json())
    assert kept == training.model and hash(kept) == hash(training.model)
    assert kept != crm.MatchModel.default()
    assert crm.MatchModel.default().trained_on == 0
    assert "400" in repr(kept)
    result = crm.link_records(people, kept)
    together = sum(a == b for a, b in zip(result.clusters[::2],
                                          result.clusters[1::2]))
    assert together >= 190
    assert result == crm.link_records(people, kept, threads=2)
    assert result.prior < 0 and result.pairs >= 200
    with pytest.raises(crm.InputError):
        crm.MatchModel.from_json("{")
    with pytest.raises(crm.InputError, match="200"):
        crm.train_model(blackwoods())


def test_order_and_columns_do_not_matter():
    rows = list(crowd())
    by_row = crm.MatchSet()
    by_row.add_many(rows)
    random.shuffle(rows)
    by_column = crm.MatchSet()
    table = {key: [row[key] for row in rows] for key in rows[0]}
    assert by_column.add_columns(table) == 400

    def persons(people):
        result = crm.link_records(people)
        found = {}
        for number, cluster in enumerate(result.clusters):
            found.setdefault(cluster, set()).add(people.id(number))
        return sorted(map(sorted, found.values()))

    assert persons(by_row) == persons(by_column)


def test_keys_of_ones_own():
    people = crm.MatchSet()
    assert people.add_many(
        ({"key": n, "first": "Ada", "last": "King", "m1": "a@example.com",
          "m2": None, "shoe": 38, "club": "x", "account": n}
         for n in range(2)),
        id="key", fields={"given_name": "first", "surname": "last",
                          "email": ["m1", "m2"], "other": ["shoe", "club"]},
        exclusive=iter(["account"])) == 2
    assert people.id(1) == "1"
    why = crm.explain_pair(people, 0, 1)
    slots = {one.slot: one.level for one in why.evidence
             if one.field == crm.MatchField.OTHER}
    assert slots == {0: "exact", 1: "exact"}
    result = crm.link_records(people, link_weight=-50)
    assert result.clusters == (0, 1)
    assert result.review[0].reason == crm.ReviewReason.EXCLUSIVE
    assert result.review[0].pair.a == 0 and result.review_total == 1


def test_what_is_missing():
    people = crm.MatchSet()
    people.add("a", {"city": None, "email": ["x@example.com", None],
                     "postcode": 7640, "region": math.nan,
                     "other": [None, "b"]}, exclusive={"account": None})
    people.add("b", {"postcode": 7640.0, "city": "", "other": [1, "b"]})
    why = crm.explain_pair(people, 0, 1)
    levels = {(str(one.field), one.slot): one.level for one in why.evidence}
    assert levels["postcode", 0] == "exact"
    assert levels["email", 0] == "missing"
    assert levels["other", 1] == "exact"
    assert ("city", 0) not in levels and ("region", 0) not in levels


def test_bad_records():
    people = crm.MatchSet()
    with pytest.raises(crm.InputError, match="birth_date") as raised:
        people.add("a", {"birth_date": "never"})
    assert "never" not in str(raised.value)
    with pytest.raises(crm.InputError, match="MatchField"):
        people.add("a", {"shoe": "x"})
    with pytest.raises(TypeError, match="city"):
        people.add("a", {"city": object()})
    with pytest.raises(TypeError):
        people.add("a", {"city": True})
    with pytest.raises(TypeError):
        people.add("a", {"city": 0.5})
    with pytest.raises(TypeError):
        people.add_many([{"id": "a"}], exclusive="account")
    with pytest.raises(TypeError):
        people.add_many(["a"])
    with pytest.raises(crm.InputError, match="record 1: has no id"):
        people.add_many([{"id": "a"}, {"city": "x"}])
    assert len(people) == 1
    with pytest.raises(crm.ConflictError, match="record 0"):
        people.add_many([{"id": "a"}])
    with pytest.raises(crm.InputError, match="one length"):
        people.add_columns({"id": ["b", "c"], "city": ["x"]})
    with pytest.raises(crm.InputError, match="one length"):
        people.add_columns({"id": ["d"], "city": ["x", "y"]})
    with pytest.raises(KeyError):
        people.add_columns({"city": ["x"]})
    with pytest.raises(crm.NotFoundError):
        people.find("z")
    with pytest.raises(crm.InputError):
        people.id(99)
    with pytest.raises(crm.InputError):
        crm.explain_pair(people, 0, 99)
    with pytest.raises(crm.InputError):
        crm.explain_pair(people, 0, 1, prior=math.nan)


def test_what_a_person_said():
    people = blackwoods()
    result = crm.link_records(people, link_weight=2, cannot_link=[(0, 2)],
                              must_link=((0, 1),))
    assert result.clusters == (0, 0, 1)
    with pytest.raises(crm.ConflictError):
        crm.link_records(people, cannot_link=[(0, 1)], must_link=[(0, 1)])
    with pytest.raises(crm.InputError):
        crm.link_records(people, must_link=[(0, 3)])
    with pytest.raises(crm.InputError):
        crm.link_records(people, threads=0)


def test_progress_cancels_and_reading_keeps_out():
    people = crm.MatchSet()
    people.add_many(crowd())
    with pytest.raises(crm.RetryableError):
        crm.link_records(people, progress=lambda done, total: False)
    with pytest.raises(crm.RetryableError):
        crm.train_model(people, progress=lambda done, total: False)
    refused = []

    def meanwhile(done, total):
        assert done <= total
        with pytest.raises(crm.InputError):
            people.add("new", {})
        refused.append(done)

    crm.link_records(people, progress=meanwhile)
    assert refused and len(people) == 400
    people.add("new", {})
    assert len(people) == 401


def test_a_table_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(list(crowd(20)))
    frame["birth_date"] = pandas.to_datetime(frame["birth_date"])
    frame.loc[0, "birth_date"] = pandas.NaT
    frame.loc[1, "surname"] = pandas.NA
    people = crm.MatchSet()
    assert people.add_columns(frame) == 40
    assert crm.link_records(people, link_weight=4).cluster_count <= 22
