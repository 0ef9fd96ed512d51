"""People as other people see and change them: those of one's own party."""

from dataclasses import dataclass

from platone.identity.domain.party import Party
from platone.identity.domain.person import RegisteredPerson
from platone.identity.domain.problem import PartyUnknown, PersonNeeded, PersonUnknown
from platone.identity.records.person import PersonRecords
from platone.identity.service.invitation import check_roles
from platone.identity.service.parties import ManageParties
from platone.infra.http.security import Principal
from platone.infra.listing import Listed, Part
from platone.messages.base import Role


@dataclass(frozen=True, slots=True)
class OwnPeople:
    """The people of the caller's party; who runs the server sees and removes anyone's.

    Attributes:
        people: Who there is.
        parties: The parties that there are.
        administrator: The party that runs the server.
    """

    people: PersonRecords
    parties: ManageParties
    administrator: str

    async def party_of(self, caller: Principal, party_id: str) -> Party:
        """Return a party that the caller may change: its own, or any where it runs the server.

        Raises:
            PartyUnknown: There is none.
        """
        if caller.party_id not in (self.administrator, party_id):
            raise PartyUnknown(f"You have no party {party_id[:60]} here.", partyId=party_id[:60])
        return await self.parties.find(party_id)

    async def seen(self, caller: Principal, part: Part) -> Listed[RegisteredPerson]:
        """Return people that the caller may see, by name."""
        sees_all = caller.party_id == self.administrator
        return await self.people.listed(None if sees_all else caller.party_id, part)

    async def change_roles(
        self, caller: Principal, name: str, roles: list[Role]
    ) -> RegisteredPerson:
        """Give a person of the caller's party other roles; return it as it was. Its sign-ins end.

        Raises:
            PersonUnknown: There is none of this party.
            PersonNeeded: It is the caller itself.
            RoleNotOfParty: The party or the caller does not have a role.
        """
        found = await self._find(caller, name)
        if found.person.party.party_id != caller.party_id:
            raise _unknown(name)
        check_roles(await self.parties.find(caller.party_id), roles, caller)
        await self.people.change_roles(name, list(dict.fromkeys(roles)))
        return found

    async def remove(self, caller: Principal, name: str) -> RegisteredPerson:
        """Remove a person, and return it; raises as :meth:`change_roles`."""
        found = await self._find(caller, name)
        await self.people.remove([name])
        return found

    async def _find(self, caller: Principal, name: str) -> RegisteredPerson:
        found = await self.people.find(name)
        if found is None or caller.party_id not in (
            self.administrator,
            found.person.party.party_id,
        ):
            raise _unknown(name)
        if found.person.subject == caller.client_id:
            raise PersonNeeded("Somebody else of your party changes or removes you.")
        return found


def _unknown(name: str) -> PersonUnknown:
    return PersonUnknown(f"You have no person named {name[:100]}.", name=name[:100])
