import crm

with crm.Store.open_in_memory() as store:  # Or open("directory").
    club = store.tenant("golf-club")

    club.append([
        {"id": "m-1", "type": "scl.member.created", "source": "scl",
         "identity": {"sclMemberId": 10001, "email": "ada@example.com"},
         "payload": {"firstName": "Ada", "tier": "gold"}},
        {"id": "b-1", "type": "teetime.booking.created", "source": "teetime",
         "identity": {"teetimePlayerId": "7", "email": "Ada@Example.com"},
         "payload": {"course": "Links", "greenFee": 325.00}},
    ])

    ada = club.find_customer("teetimePlayerId", "7")
    for trait in club.profile(ada):
        print(trait.name, "=", trait.value)
    for entry in club.timeline(ada, oldest_first=True):
        print(entry.type, entry.payload)
