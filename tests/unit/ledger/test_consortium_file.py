"""The consortium's file: who the members are follows from the founders and agreed changes only."""

import json

import msgspec
import pytest

from platone.ledger.domain import ed25519
from platone.ledger.domain.change_text import say_change, say_consortium
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Agreement, Change, Member, read_file
from platone.ledger.domain.proof import tohex
from platone.ledger.domain.upgrade import Upgrade

SECRETS = [bytes([place]) * 32 for place in range(1, 8)]


def member(place: int) -> Member:
    return Member(
        name=f"Member {place}",
        validator_key=tohex(ed25519.public_key(SECRETS[place])),
        node_id=f"{place:040x}",
        address=f"chain{place}.example:26656",
    )


@pytest.fixture
def four() -> Consortium:
    told = {
        "name": "pilot",
        "chainId": 7,
        "foundedAt": "2026-12-02T00:00:00Z",
        "founders": [msgspec.to_builtins(member(place)) for place in range(4)],
    }
    return Consortium.decode(json.dumps(told).encode())


def agreed(consortium: Consortium, change: Change, *places: int) -> Change:
    for place in places:
        change = consortium.agreed(change, SECRETS[place])
    return change


def test_more_than_two_thirds_change_the_members(four: Consortium) -> None:
    change = Change(number=1, add=member(4))
    with pytest.raises(ConsortiumInvalid, match="needs 3 of 4 members; 2 agree"):
        four.changed(agreed(four, change, 0, 1))
    assert four.missing_agreements(agreed(four, change, 0, 1)) == 1
    five = four.changed(agreed(four, change, 0, 1, 2))
    assert [each.name for each in five.members] == [f"Member {place}" for place in range(5)]
    assert five.address == four.address
    assert five.digest != four.digest
    change = Change(number=2, remove="Member 0")
    left = five.changed(agreed(five, change, 1, 2, 3, 4))
    assert [each.name for each in left.members] == [f"Member {place}" for place in range(1, 5)]
    assert Consortium.decode(left.encode()) == left


def test_a_founder_more_or_another_name_is_another_consortium(four: Consortium) -> None:
    others = [
        msgspec.structs.replace(four, name="other"),
        msgspec.structs.replace(four, chain_id=8),
        msgspec.structs.replace(four, founders=four.founders[:3]),
    ]
    assert len({four.address, *(each.address for each in others)}) == 4


def test_an_agreement_counts_once_for_one_change_of_one_consortium(four: Consortium) -> None:
    change = Change(number=1, add=member(4))
    good = agreed(four, change, 0, 1, 2)
    twice = msgspec.structs.replace(good, agreements=[*good.agreements[:2], good.agreements[0]])
    other = msgspec.structs.replace(four, name="other")
    foreign = agreed(other, change, 0, 1, 2)
    moved = msgspec.structs.replace(good, add=member(5))
    named = Agreement(by="Member 3", signature=good.agreements[0].signature)
    borrowed = msgspec.structs.replace(good, agreements=[*good.agreements[:2], named])
    for bad in (twice, foreign, moved, borrowed):
        with pytest.raises(ConsortiumInvalid, match="does not hold"):
            four.changed(bad)
    with pytest.raises(ConsortiumInvalid, match="the next one is 2"):
        four.changed(good).changed(good)
    with pytest.raises(ConsortiumInvalid, match="no member's"):
        four.agreed(change, SECRETS[5])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(number=1), "adds one member, or removes one"),
        (Change(number=1, add=member(1)), "same name"),
        (Change(number=1, remove="Member 9"), "No member is called"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(four: Consortium, change: Change, said: str) -> None:
    with pytest.raises(ConsortiumInvalid, match=said):
        four.changed(agreed(four, change, 0, 1, 2))


def test_the_last_member_stays(four: Consortium) -> None:
    one = msgspec.structs.replace(four, founders=four.founders[:1])
    with pytest.raises(ConsortiumInvalid, match="last member"):
        one.changed(agreed(one, Change(number=1, remove="Member 0"), 0))


def test_a_file_whose_change_was_altered_is_refused(four: Consortium) -> None:
    five = four.changed(agreed(four, Change(number=1, add=member(4)), 0, 1, 2))
    altered = five.encode().replace(b"chain4.example", b"chain9.example")
    with pytest.raises(ConsortiumInvalid, match="does not hold"):
        Consortium.decode(altered)
    for bad, said in ((b"{}", "no consortium"), (b"\xff", "no consortium"), (b"1", "no conso")):
        with pytest.raises(ConsortiumInvalid, match=said):
            Consortium.decode(bad)
    with pytest.raises(ConsortiumInvalid, match=r"no member: .*validatorKey"):
        read_file(b'{"name":"A","validatorKey":"0x12","nodeId":"","address":""}', Member)


def founded(*members: Member) -> Consortium:
    told = {"name": "pilot", "chainId": 7, "foundedAt": "2026-12-02T00:00:00Z"}
    return Consortium.decode(
        json.dumps({**told, "founders": msgspec.to_builtins(members)}).encode()
    )


def numbered(place: int) -> Member:
    """A member of whom nobody has the secret."""
    return Member(
        name=f"Member {place}",
        validator_key=f"0x{place:064x}",
        node_id=f"{place:040x}",
        address=f"chain{place}.example:26656",
    )


@pytest.mark.parametrize("count", range(1, 50))
def test_more_than_two_thirds_are_the_fewest_whose_threefold_exceeds_twice_all(count: int) -> None:
    many = founded(*(numbered(place) for place in range(count)))
    needed = next(most for most in range(count + 1) if 3 * most > 2 * count)
    assert many.missing_agreements(Change(number=1, add=numbered(60))) == needed


def test_none_is_missing_where_enough_agree_and_who_agrees_twice_counts_once(
    four: Consortium,
) -> None:
    change = Change(number=1, add=member(4))
    assert [each.by for each in agreed(four, change, 0, 1, 0).agreements] == [
        "Member 1",
        "Member 0",
    ]
    assert four.missing_agreements(agreed(four, change, 0, 1, 0)) == 1
    assert four.missing_agreements(agreed(four, change, 0, 1, 2)) == 0
    assert four.missing_agreements(agreed(four, change, 0, 1, 2, 3)) == 0


def test_a_draft_tells_the_members_without_anybody_agreeing(four: Consortium) -> None:
    left = four.drafted(Change(number=1, remove="Member 2"))
    assert [each.name for each in left] == ["Member 0", "Member 1", "Member 3"]
    with pytest.raises(ConsortiumInvalid, match="adds one member, or removes one"):
        four.drafted(Change(number=1, add=member(4), remove="Member 2"))


def test_a_consortium_has_fifty_members_at_most() -> None:
    most = founded(*(numbered(place) for place in range(50)))
    with pytest.raises(ConsortiumInvalid, match="at most 50 members"):
        most.drafted(Change(number=1, add=numbered(50)))
    with pytest.raises(ConsortiumInvalid, match="no consortium"):
        founded(*(numbered(place) for place in range(51)))
    fewer = founded(*(numbered(place) for place in range(49)))
    assert len(fewer.drafted(Change(number=1, add=numbered(49)))) == 50


@pytest.mark.parametrize(
    ("same", "said"),
    [("name", "name"), ("validator_key", "validator key"), ("node_id", "node")],
)
def test_founders_differ_in_all_that_names_them(same: str, said: str) -> None:
    other = msgspec.structs.replace(numbered(2), **{same: getattr(numbered(1), same)})
    with pytest.raises(ConsortiumInvalid, match=f"Two members have the same {said}"):
        founded(numbered(1), other)
    assert len(founded(numbered(1), msgspec.structs.replace(numbered(2))).members) == 2


def test_a_change_in_a_file_stands_at_its_place(four: Consortium) -> None:
    second = agreed(four, Change(number=2, add=member(4)), 0, 1, 2)
    placed = msgspec.structs.replace(four, changes=[second])
    with pytest.raises(ConsortiumInvalid, match="Change 2 stands at place 1"):
        Consortium.decode(placed.encode())


def test_a_file_of_another_format_is_refused(four: Consortium) -> None:
    other = four.encode().replace(b"platone-consortium/1", b"platone-consortium/2")
    with pytest.raises(ConsortiumInvalid, match="format is 'platone-consortium/2'"):
        Consortium.decode(other)


def test_a_file_has_eight_mebibytes_and_a_thousand_changes_at_most(four: Consortium) -> None:
    raw = four.encode()
    assert Consortium.decode(raw.ljust(8_388_608)) == four
    with pytest.raises(ConsortiumInvalid, match="at most 8388608 bytes"):
        Consortium.decode(raw.ljust(8_388_609))
    change = Change(number=1000, remove="Member 0")
    assert read_file(msgspec.json.encode(change), Change) == change
    with pytest.raises(ConsortiumInvalid, match=r"no change: .*<= 1000"):
        read_file(msgspec.json.encode(change).replace(b"1000", b"1001"), Change)


OLD, NEW = "0x" + "0a" * 32, "0x" + "0b" * 32
AT = "0x" + "11" * 20
UPGRADE = Upgrade(contract="Ledger", address=AT, old_code=OLD, new_code=NEW, from_block=9)


def test_an_upgrade_stands_until_it_is_withdrawn(four: Consortium) -> None:
    change = agreed(four, Change(number=1, upgrade=UPGRADE, code="0x60"), 0, 1, 2)
    with_code = four.changed(change)
    assert with_code.upgrades == {1: UPGRADE}
    assert with_code.members == four.members
    assert b"0x60" not in with_code.encode()
    assert Consortium.decode(with_code.encode()) == with_code
    withdrawn = with_code.changed(agreed(with_code, Change(number=2, withdraw=1), 1, 2, 3))
    assert withdrawn.upgrades == {}
    with pytest.raises(ConsortiumInvalid, match="Change 1 is no upgrade that stands"):
        withdrawn.changed(agreed(withdrawn, Change(number=3, withdraw=1), 1, 2, 3))
    with pytest.raises(ConsortiumInvalid, match="Change 1 is no upgrade that stands"):
        four.drafted(Change(number=1, withdraw=1))
    with pytest.raises(ConsortiumInvalid, match="adds one member, or removes one"):
        four.drafted(Change(number=1, upgrade=UPGRADE, remove="Member 0"))


def test_another_block_or_code_is_not_what_was_agreed(four: Consortium) -> None:
    change = agreed(four, Change(number=1, upgrade=UPGRADE, code="0x60"), 0, 1, 2)
    for other in ({"from_block": 8}, {"new_code": OLD}, {"address": "0x" + "22" * 20}):
        moved = msgspec.structs.replace(UPGRADE, **other)
        with pytest.raises(ConsortiumInvalid, match="does not hold"):
            four.changed(msgspec.structs.replace(change, upgrade=moved))
    in_file = msgspec.structs.replace(four, changes=[change])
    with pytest.raises(ConsortiumInvalid, match="names codes by their hashes alone"):
        Consortium.decode(in_file.encode())


def test_a_change_is_told_to_be_read(four: Consortium) -> None:
    known = {OLD: "version 1 of Ledger"}
    draft = agreed(four, Change(number=1, upgrade=UPGRADE), 0, 1)
    assert say_change(four, draft, known) == [
        "Change 1 of pilot: Ledger gets another code from block 9 on.",
        f"  contract     {AT}",
        f"  code before  {OLD}, version 1 of Ledger",
        f"  code after   {NEW}, which this software does not know",
        "  agreed by    Member 0, Member 1; 1 more must agree",
    ]
    after = four.changed(agreed(four, Change(number=1, upgrade=UPGRADE), 0, 1, 2))
    withdrawal = agreed(after, Change(number=2, withdraw=1), 0, 1, 2)
    assert say_change(after, withdrawal, known) == [
        (
            "Change 2 of pilot: Ledger keeps its code; the upgrade from block 9 on that change 1 "
            "agreed is not to be."
        ),
        "  agreed by    Member 0, Member 1, Member 2, which is enough",
    ]
    removal = say_change(after, Change(number=2, remove="Member 3"), known)
    assert removal == [
        "Change 2 of pilot: Member 3 is no member any more.",
        "  agreed by    nobody; 3 more must agree",
    ]
    told = {height: say_consortium(after, height, known)[-2:] for height in (None, 8, 9)}
    assert told[8] == [
        f"  change 1     Ledger at {AT}: another code from block 9 on, 1 to go",
        f"               {NEW}, which this software does not know",
    ]
    assert told[9][0] == f"  change 1     Ledger at {AT}: another code since block 9"
    assert say_consortium(after, None, known)[0] == "pilot, chain 7, no block is known here"


def test_ed25519_is_that_of_rfc_8032() -> None:
    """The second test of section 7.1."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519.public_key(secret) == key
    assert ed25519.sign(secret, b"\x72") == signature
    assert ed25519.is_signed(key, b"\x72", signature)
    assert not ed25519.is_signed(key, b"\x73", signature)
    assert not ed25519.is_signed(b"\xff" * 32, b"\x72", signature)
    assert not ed25519.is_signed(key[:31], b"\x72", signature)
