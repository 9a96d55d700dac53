#!/usr/bin/env python3
"""Checks a ledger of libcrm without libcrm: with the standard library alone.

  ledger_verify.py export FILE --key KEY [--checkpoint NOTE ...]
  ledger_verify.py proof FILE [--key KEY --checkpoint NOTE] [--opening FILE]

The first takes what `crm ledger export` wrote, and older checkpoints of the
same ledger; the second a proof of `crm ledger prove`. KEY is what
`crm ledger head` showed once, to somebody who kept it. Exit code 0: all of it
is so. 1: it is not, and why. What is hashed is written in src/FORMAT.md.
"""

import argparse
import base64
import datetime
import hashlib
import json
import struct
import sys


class Refuted(Exception):
    pass


def require(condition, why):
    if not condition:
        raise Refuted(why)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- Ed25519: RFC 8032, 5.1 ---------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    """Of two points in extended coordinates."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def point_of(data):
    """The point that 32 bytes stand for."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    require(y < P and (x * x - square) % P == 0 and (x or not sign),
            "a key or signature is no point")
    return (P - x if x & 1 != sign else x), y, 1, x * y % P * (
        -1 if x & 1 != sign else 1) % P


def signed(public, message, signature):
    y = 4 * pow(5, -1, P) % P
    base = point_of(y.to_bytes(32, "little"))
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(
        hashlib.sha512(r + public + message).digest(), "little") % ORDER
    left, right = times(s, base), add(point_of(r), times(k, point_of(public)))
    return len(signature) == 64 and s < ORDER and all(
        (left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


# --- Checkpoints: C2SP signed-note and tlog-checkpoint ------------------------

def read_note(note, key):
    """origin, size, root of a note that somebody signed with this key."""
    name, key_id, public = key.split("+", 2)
    public = base64.b64decode(public)
    require(sha256(name.encode(), b"\n", public)[:4].hex() == key_id
            and public[0] == 1, "the key is none")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _, signer, blob = line.split(" ")
        blob = base64.b64decode(blob)
        if signer == name and blob[:4].hex() == key_id:
            require(signed(public[1:], text.encode(), blob[4:]),
                    "the signature of the checkpoint is not of this key")
            origin, size, root, algorithms = text.splitlines()
            require(algorithms == "libcrm-ledger-1 rfc6962-sha256 blake2b-256",
                    "the checkpoint is of another kind of ledger")
            return origin, int(size), base64.b64decode(root)
    raise Refuted("the checkpoint has no signature of this key")


# --- Records ------------------------------------------------------------------

KINDS = {"event": 1, "definition": 5, "choice": 6}


def microseconds(text):
    past = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - (
        datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc))
    return past // datetime.timedelta(microseconds=1)


def leaf_of(record, before):
    """The leaf of a record, whose fields must be those of its header."""
    header = bytes.fromhex(record["header"])
    root = record.get("root", "00" * 32) != "00" * 32
    names = [sha256(name.encode())[:16] if name else bytes(16)
             for name in (record.get("type", ""), record.get("source", ""))]
    require(len(header) == 128 and header[:4] + header[8:96] == struct.pack(
        "<BBBBQQQQQqq16s16s", 1, KINDS[record["kind"]], record.get("what", 0),
        root, record["index"], record["position"], record["record"],
        record["linkIndex"], record.get("customer", 0),
        microseconds(record["occurredAt"]), microseconds(record["recordedAt"]),
        *names), "the header says something else")
    commitment, link = (bytes.fromhex(record[name])
                        for name in ("commitment", "link"))
    require(link == sha256(b"\2", before, header, commitment),
            "it does not follow the record before it in its chain")
    return sha256(b"\0", header, commitment, link)


def check_opening(record, opening):
    salt, plain = (bytes.fromhex(opening[name]) for name in ("salt", "plain"))
    require(len(salt) == 32 and record["commitment"] == hashlib.blake2b(
        salt + plain, digest_size=32).hexdigest(), "the record says otherwise")


# --- Trees: RFC 6962, 2.1 -----------------------------------------------------

def node(left, right):
    return sha256(b"\1", left, right)


def walk(at, last, path, hashes):
    """Up from a leaf; hashes[0] takes all nodes, others only those left of it.
    RFC 9162, 2.1.3.2 and 2.1.4.2."""
    for sibling in path:
        require(last > 0, "the path is too long")
        if at & 1 or at == last:
            hashes = [node(sibling, each) for each in hashes]
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            hashes = [node(hashes[0], sibling)] + hashes[1:]
        at, last = at >> 1, last >> 1
    require(last == 0, "the path is too short")
    return hashes


def check_inclusion(proof):
    record, head = proof["record"], proof["head"]
    leaf = leaf_of(record, bytes.fromhex(record["before"]))
    require(record["index"] < head["size"], "the tree does not have this leaf")
    path = [bytes.fromhex(each) for each in proof["path"]]
    root, = walk(record["index"], head["size"] - 1, path, [leaf])
    require(root.hex() == head["root"], "the path leads to another root")


def check_consistency(proof):
    old, head = proof["oldSize"], proof["head"]
    path = [bytes.fromhex(each) for each in proof["path"]]
    if old in (0, head["size"]):
        require(not path and (old == 0 or proof["oldRoot"] == head["root"]),
                "the trees of one size differ")
        return
    require(old < head["size"], "the older tree is the larger one")
    if old & (old - 1) == 0:
        path.insert(0, bytes.fromhex(proof["oldRoot"]))
    at, last = old - 1, head["size"] - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    root, old_root = walk(at, last, path[1:], [path[0], path[0]])
    require(old_root.hex() == proof["oldRoot"] and root.hex() == head["root"],
            "the tree does not begin with the older one")


def root_of(peaks):
    root = peaks[-1] if peaks else sha256()
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


# --- What the program does ----------------------------------------------------

def check_export(lines, key, notes):
    """Every record, every root, and every checkpoint. How many records."""
    first = json.loads(next(lines))
    origin, peaks, size, links = first["origin"], [], 0, {}
    wanted = {}
    for note in notes:
        whose, of, root = read_note(note, key)
        require(whose == origin, "a checkpoint is of another ledger")
        wanted.setdefault(of, set()).add(root)
    for line in lines:
        record = json.loads(line)
        for root in wanted.pop(size, ()):
            require(root == root_of(peaks),
                    f"the tree of {size} leaves is not that of a checkpoint")
        if record["kind"] == "checkpoint":
            require(read_note(record["note"], key) == (
                origin, size, root_of(peaks)), "the last checkpoint differs")
            break
        where = f"leaf {size}, at position {record.get('position')}: "
        count, before = links.get(record["record"], (0, bytes(32)))
        try:
            require((record["index"], record["linkIndex"]) == (size, count),
                    "another record belongs here")
            leaf = leaf_of(record, before)
        except Refuted as why:
            raise Refuted(where + str(why)) from why
        links[record["record"]] = count + 1, bytes.fromhex(record["link"])
        index, size = size, size + 1
        while index & 1:
            index, leaf = index >> 1, node(peaks.pop(), leaf)
        peaks.append(leaf)
        require(record.get("root", "") in ("", root_of(peaks).hex()),
                where + "other root")
    else:
        raise Refuted("the end is missing")
    require(not wanted, "a checkpoint is of a larger tree: leaves are missing")
    require(size == first["size"], "another number of records")
    return size


def check_proof(proof, key, notes, opening):
    check = {"inclusion": check_inclusion, "consistency": check_consistency}
    check[proof["proof"]](proof)
    if opening:
        check_opening(proof["record"], opening)
    head = proof["head"]
    trees = [(head["origin"], head["size"], bytes.fromhex(head["root"]))]
    if proof["proof"] == "consistency":
        trees.append((head["origin"], proof["oldSize"],
                      bytes.fromhex(proof["oldRoot"])))
    for note in notes:
        require(read_note(note, key) in trees,
                "the proof is not of the tree of the checkpoint")


def text_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["export", "proof"])
    parser.add_argument("file")
    parser.add_argument("--key")
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("--opening")
    given = parser.parse_args()
    if given.key is None and (given.checkpoint or given.what == "export"):
        parser.error("--key: who signed the checkpoints?")
    notes = [text_of(path) for path in given.checkpoint]
    try:
        if given.what == "export":
            with open(given.file, encoding="utf-8") as lines:
                size = check_export(lines, given.key, notes)
            print(f"{size} records, all as they were recorded.")
        else:
            opening = given.opening and json.loads(text_of(given.opening))
            check_proof(json.loads(text_of(given.file)), given.key, notes,
                        opening)
            print("It is shown.")
    except Refuted as why:
        sys.exit(f"NOT SO: {why}")
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        sys.exit(f"NOT SO: not what a ledger of libcrm gives ({error!r})")


if __name__ == "__main__":
    main()
