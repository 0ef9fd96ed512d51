"""Invitations made, withdrawn and used."""

from dataclasses import dataclass

from platone.identity.domain.invitation import INVITATION_LIFE, Invitation
from platone.identity.domain.party import Party
from platone.identity.domain.person import Person, check_name, check_password
from platone.identity.domain.problem import (
    FirstPersonOperates,
    InvitationUnknown,
    PartyOfItsOwn,
    PersonExists,
    RoleNotOfParty,
)
from platone.identity.records.invitation import InvitationRecords
from platone.identity.service.parties import ManageParties
from platone.identity.service.people import ManagePeople
from platone.identity.service.secret import new_secret
from platone.infra.http.security import Principal
from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.messages.base import Role


@dataclass(frozen=True, slots=True)
class Invite:
    """Invites people, each for a party and with some of its roles.

    A party's people invite its others. Who runs the server invites the first one of a party only,
    so that it cannot act in another party's name.

    Attributes:
        invitations: Where they are kept.
        people: The people that there are.
        parties: The parties that there are.
        clock: The machine's clock.
        administrator: The party that runs the server.
    """

    invitations: InvitationRecords
    people: ManagePeople
    parties: ManageParties
    clock: Clock
    administrator: str

    async def make(
        self, caller: Principal, party_id: str, roles: list[Role]
    ) -> tuple[Invitation, str]:
        """Make an invitation, and return it with the token of its link.

        Raises:
            PartyUnknown: There is no such party.
            PartyOfItsOwn: It is not the caller's, and has people of its own.
            RoleNotOfParty: The party, or who invites for its own party, does not have a role.
            FirstPersonOperates: Nobody has a password yet, and this is none of who runs the server.
        """
        party = await self.parties.find(party_id)
        known = [each for each in await self.people.all() if not each.is_for_development]
        is_own = caller.party_id == party_id
        has_people = any(each.person.party.party_id == party_id for each in known)
        if not is_own and (has_people or caller.party_id != self.administrator):
            raise PartyOfItsOwn(f"The people of {party_id} invite its others.")
        check_roles(party, roles, caller if is_own else None)
        if not known and party_id != self.administrator:
            raise FirstPersonOperates(f"Nobody has a password yet: invite {self.administrator}'s.")
        token, identifier = new_secret(), new_secret()[:22]
        ends = self.clock.now().replace(microsecond=0) + INVITATION_LIFE
        made = Invitation(identifier, Party(party_id, tuple(roles)), caller.client_id, ends)
        await self.invitations.add(made, token)
        return made, token

    async def seen(self, caller: Principal, part: Part) -> Listed[Invitation]:
        """Return invitations of the caller's party, or of all for who runs the server."""
        sees_all = caller.party_id == self.administrator
        return await self.invitations.listed(None if sees_all else caller.party_id, part)

    async def withdraw(self, caller: Principal, identifier: str) -> Invitation:
        """Withdraw an invitation, and return it; raises InvitationUnknown where there is none."""
        found = await self.invitations.named(identifier)
        is_seen = found and caller.party_id in (self.administrator, found.party.party_id)
        if found and is_seen and await self.invitations.take(identifier):
            return found
        raise InvitationUnknown(f"You have no invitation {identifier[:40]}.")

    async def find(self, token: str) -> Invitation:
        """Return the invitation of a link.

        Raises:
            InvitationUnknown: It was used or withdrawn, or is too old.
        """
        found = await self.invitations.find(token)
        if found is None:
            raise InvitationUnknown("This invitation was used or withdrawn, or is too old.")
        return found

    async def join(self, token: str, name: str, password: str) -> Person:
        """Make a person of an invitation.

        Raises:
            InvitationUnknown: It was used or withdrawn, or is too old.
            PersonNameInvalid: The name cannot be typed everywhere.
            PasswordTooShort: The password is easily guessed.
            PersonExists: The name is taken.
        """
        found = await self.find(token)
        check_name(name)
        check_password(name, password)
        known = await self.people.all()
        if any(each.person.name == name for each in known if not each.is_for_development):
            raise PersonExists(f"There is a person named {name}.", name=name)
        if not await self.invitations.take(found.id):  # somebody else used it meanwhile
            raise InvitationUnknown("This invitation was used.")
        await self.people.add(name, found.party.party_id, found.party.roles, password)
        return Person(name, found.party)


def check_roles(party: Party, roles: list[Role], giver: Principal | None) -> None:
    """Check that a party has some roles, and who gives them to its own party's people, too.

    Raises:
        RoleNotOfParty: It does not have one.
    """
    allowed = set(party.roles) if giver is None else set(party.roles) & giver.roles
    foreign = [role.value for role in roles if role not in allowed]
    if foreign:
        its = [role.value for role in party.roles if role in allowed]
        raise RoleNotOfParty(
            f"{', '.join(foreign)} is not to be given: {', '.join(its) or 'no role'} is.",
            rolesOfParty=its,
        )
