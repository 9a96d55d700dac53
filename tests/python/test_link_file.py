"""Files of persons: link_file and train_file."""

import csv
import random

import pytest

import crm

MAP = {"id": "id", "fields": {
    "given_name": "first", "surname": "last", "birth_date": "born",
    "email": "mail"}}


def write(path, people):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "first", "last", "born", "mail"])
        writer.writerows(people)


def small(tmp_path):
    path = tmp_path / "people.csv"
    write(path, [
        ["1", "William", "Blackwood", "1961-04-09", "wb@example.com"],
        ["2", "Nomsa", "Dlamini", "1990-01-17", ""],
        ["3", "Bill", "Blackwood", "1961-04-09", "wb@example.com"]])
    return path


def crowd(tmp_path):
    """Each person twice; the number of the person is in the id."""
    random.seed(5)
    people = []
    for number in range(200):
        given = "".join(random.choices("abcdefghij", k=6))
        last = "".join(random.choices("klmnopqrst", k=8))
        born = "%d-%02d-%02d" % (random.randint(1920, 2005),
                                 random.randint(1, 12), random.randint(1, 28))
        for copy in range(2):
            first = given if copy == 0 or number % 4 else given[1:]
            people.append([f"{number}-{copy}", first, last, born, ""])
    random.shuffle(people)
    path = tmp_path / "crowd.csv"
    write(path, people)
    return path


def test_links(tmp_path):
    out = tmp_path / "clusters.csv"
    report = crm.link_file(small(tmp_path), MAP, out)
    assert out.read_text() == "record_id,cluster_id\n1,1\n2,2\n3,1\n"
    assert (report.records, report.clusters, report.largest) == (3, 2, 2)
    assert not report.trained
    assert "200" in report.not_trained_because
    assert report.to_dict()["linked"] == 2


def test_trains_and_keeps(tmp_path):
    path = crowd(tmp_path)
    out = tmp_path / "clusters.csv"
    model = crm.train_file(path, MAP)
    assert model == crm.train_file(path, MAP)
    report = crm.link_file(path, MAP, out, review=tmp_path / "review.csv")
    assert report.trained and report.model == model
    first = out.read_text()
    again = crm.link_file(path, MAP, out, model=model, threads=1)
    assert not again.trained and again.not_trained_because == ""
    assert out.read_text() == first
    pairs = {}
    for row in csv.DictReader(first.splitlines()):
        pairs.setdefault(row["record_id"].split("-")[0], []).append(
            row["cluster_id"])
    together = sum(a == b for a, b in pairs.values())
    assert together >= 190 and report.largest == 2
    assert (tmp_path / "review.csv").read_text().startswith("record_a,")


def test_errors(tmp_path):
    out = tmp_path / "clusters.csv"
    path = small(tmp_path)
    with pytest.raises(crm.InputError, match="fields.shoe"):
        crm.link_file(path, {"id": "id", "fields": {"shoe": "x"}}, out)
    with pytest.raises(crm.InputError, match="none"):
        crm.link_file(path, {"id": "none", "fields": {"city": "first"}}, out)
    with pytest.raises(crm.NotFoundError):
        crm.link_file(tmp_path / "none.csv", MAP, out)
    with pytest.raises(crm.InputError, match="200"):
        crm.train_file(path, MAP)
    with pytest.raises(crm.InputError, match="model"):
        crm.link_file(path, MAP, out, model="{}")
    write(path, [["1", "a", "b", "", ""], ["1", "c", "d", "", ""]])
    with pytest.raises(crm.ConflictError, match="line 3"):
        crm.link_file(path, MAP, out)
    assert not out.exists()


def test_progress_cancels(tmp_path):
    out = tmp_path / "clusters.csv"
    with pytest.raises(crm.RetryableError):
        crm.link_file(crowd(tmp_path), MAP, out, progress=lambda a, b: False)
    assert not out.exists()
    seen = []
    crm.link_file(crowd(tmp_path), MAP, out,
                  progress=lambda done, total: seen.append((done, total)))
    assert seen
