"""Erasing a customer, step by step, and proving it to somebody else."""

import json

import crm

with crm.Store.open_in_memory() as store:  # Or open("directory").
    club = store.tenant("golf-club")
    club.append([
        {"id": "m-1", "type": "scl.member.created", "source": "scl",
         "identity": {"sclMemberId": 10001, "email": "ada@example.com"},
         "payload": {"firstName": "Ada"}},
        {"id": "m-2", "type": "scl.member.created", "source": "scl",
         "identity": {"sclMemberId": 10002, "email": "ben@example.com"},
         "payload": {"firstName": "Ben"}},
    ])
    ada = club.find_customer("email", "ada@example.com")

    # Look first: there is no way back.
    plan = club.erase(ada, dry_run=True)
    print("would go:", plan.events, "events of", len(plan.records), "records")
    if plan.doubtful:
        print("she may be several people:", ", ".join(plan.doubtful))

    report = club.erase(ada, by="privacy desk", why="gdpr-request")
    print("complete:", report.complete)

    # Nobody finds her, and what comes late is refused.
    try:
        club.profile(ada)
    except crm.ConsentError as error:
        print(error)
    late = {"id": "m-3", "type": "scl.member.updated", "source": "scl",
            "timestamp": "2020-01-01T00:00:00Z",
            "identity": {"sclMemberId": 10001}, "payload": {"tier": "gold"}}
    print("refused:", club.append(late, partial=True).erased)
    print("ben:", club.profile(club.find_customer("sclMemberId", "10002"))
          .traits[1].value)

    # Whoever has the public key can check the certificate without the store.
    key = club.signing_key()

info = crm.verify_certificate(report.certificate, public_key=key)
print("erased:", "customer", info.customer, "of", info.tenant)
print("kept:", json.loads(report.certificate)["certificate"]["kept"][0]["what"])
