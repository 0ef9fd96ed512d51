"""The ledger's problems, and the faults of proofs and of calls of a chain."""

from platone.kernel.errors import Kind, PlatoneError


class RecordUnknown(PlatoneError):
    """No record was certified under this identifier or by this transaction."""

    slug = "record-unknown"
    title = "There is no such certified record"
    kind = Kind.NOT_FOUND


class IdentifierAmbiguous(PlatoneError):
    """Several parties certified a record under this identifier: say whose, by `owner`.

    `owners` names them. An identifier is its owner's, and nobody can take another's.
    """

    slug = "identifier-ambiguous"
    title = "Several parties use this identifier"
    kind = Kind.CONFLICT


class RecordErased(PlatoneError):
    """The record's content and salt were erased on request: it can no longer be proven."""

    slug = "record-erased"
    title = "The record was erased"
    kind = Kind.NOT_FOUND


class RecordPending(PlatoneError):
    """The record is stored, but its root is not on the chain yet: ask again in a moment."""

    slug = "record-pending"
    title = "The record is not anchored yet"
    kind = Kind.TOO_EARLY


class ProofImpossible(PlatoneError):
    """The record is certified, but a proof of it would not hold; the detail says why.

    A reading, for one, proves nothing where its device's signature does not fit it.
    """

    slug = "proof-impossible"
    title = "The record cannot be proven"
    kind = Kind.CONFLICT


class WalletUnknown(PlatoneError):
    """No wallet was opened for this point of delivery."""

    slug = "wallet-unknown"
    title = "The point of delivery has no wallet"
    kind = Kind.NOT_FOUND


class WalletAwaitsRegistration(PlatoneError):
    """No such registration of this point of delivery by this aggregator has come to the ledger yet.

    A wallet is opened when the market has taken the registration (`POST /api/scd/pods`), for the
    aggregator and at the customer's address that stand in it; where another one served the point
    of delivery before, it changes hands then, and with another address it moves. Try again a
    moment later; where nothing of the kind is registered, never.
    """

    slug = "wallet-awaits-registration"
    title = "The point of delivery is not registered for this aggregator yet"
    kind = Kind.UNAVAILABLE


class AgreementUnknown(PlatoneError):
    """There is no agreement with this identifier."""

    slug = "agreement-unknown"
    title = "There is no such agreement"
    kind = Kind.NOT_FOUND


class AgreementActive(PlatoneError):
    """Another agreement with other terms is active for this aggregator and point of delivery.

    The market operator ends it first: so that nobody changes terms between delivery and
    settlement.
    """

    slug = "agreement-active"
    title = "Another agreement is active"
    kind = Kind.CONFLICT


class ProposalUnknown(PlatoneError):
    """There is no such proposal of an agreement, or it does not concern the caller."""

    slug = "proposal-unknown"
    title = "There is no such proposal"
    kind = Kind.NOT_FOUND


class ProposalAnswered(PlatoneError):
    """The proposal was accepted, refused or withdrawn before; `state` says which."""

    slug = "proposal-answered"
    title = "The proposal is not open any more"
    kind = Kind.CONFLICT


class SettlementUnknown(PlatoneError):
    """There is no settlement with this identifier."""

    slug = "settlement-unknown"
    title = "There is no such settlement"
    kind = Kind.NOT_FOUND


class AccountUnknown(PlatoneError):
    """The books have no such account of yours. Where a party has several roles, say `role`."""

    slug = "account-unknown"
    title = "There is no such account"
    kind = Kind.NOT_FOUND


class InvoiceUnknown(PlatoneError):
    """There is no invoice or credit note of this number that you may see."""

    slug = "invoice-unknown"
    title = "There is no such invoice"
    kind = Kind.NOT_FOUND


class MonthNotOver(PlatoneError):
    """Invoices are issued for months that are over, by the market's clock and in its zone.

    The same call works when the month is over.
    """

    slug = "month-not-over"
    title = "The month is not over"
    kind = Kind.TOO_EARLY


class BooksDiffer(PlatoneError):
    """The books and the chain differ: `GET /api/books/reconciliation` names every difference.

    Nothing is paid twice by that. Bring back the records that belong to the chain.
    """

    slug = "books-differ"
    title = "The books and the chain differ"
    kind = Kind.CONFLICT


class ReadingsAwaited(PlatoneError):
    """Readings that lines of the settlement rest on are not certified yet; the others are paid.

    Send the same order again a moment later. After a minute such lines are refused, with the
    reason in the receipt; a later settlement can pay them once their readings are certified.
    """

    slug = "readings-awaited"
    title = "Readings are not certified yet"
    kind = Kind.UNAVAILABLE


class NodeRevoked(PlatoneError):
    """The device's key was revoked; a revoked key never comes back. The device makes a new one."""

    slug = "node-revoked"
    title = "The device's key was revoked"
    kind = Kind.CONFLICT


class NodeUnknown(PlatoneError):
    """This device's key was never registered."""

    slug = "node-unknown"
    title = "The device is not registered"
    kind = Kind.NOT_FOUND


class ContractRefused(PlatoneError):
    """The contract refused the transaction; the detail is the contract's own reason."""

    slug = "contract-refused"
    title = "The contract refused"
    kind = Kind.CONFLICT


class TransactionRefused(PlatoneError):
    """The transaction cannot enter a block: its nonce, chain, gas or signature is wrong."""

    slug = "transaction-refused"
    title = "The transaction cannot enter a block"


class BlockFull(TransactionRefused):
    """The block has no room for the transaction's gas; a later one may have."""

    slug = "block-full"
    title = "The block has no room for the transaction"


class ContractsMissing(PlatoneError):
    """The chain does not hold the ledger's contracts where they were created.

    The keys in the data folder are not those that made this chain: bring them back together.
    """

    slug = "contracts-missing"
    title = "The contracts are not on the chain"
    kind = Kind.CONFLICT


class ChainUnavailable(PlatoneError):
    """The network on which the ledger's contracts live gives no answer yet.

    Its node is away, or a transaction was sent and is not confirmed yet. Nothing that was taken is
    lost: ask again in a moment, with the same.
    """

    slug = "chain-unavailable"
    title = "The chain gives no answer yet"
    kind = Kind.UNAVAILABLE


class BlockTampered(PlatoneError):
    """The chain's file was altered or damaged: it is not what the sealer made.

    The ledger does not start on such a file; what is older than the chain's newest checkpoint is
    found where it is used, and by ``platone chain audit``. Bring back a copy from before; no record
    that was certified can be changed by altering the file, it can only stop being readable here.
    """

    slug = "block-tampered"
    title = "The chain's file was altered"
    kind = Kind.CONFLICT

    def __init__(self, number: int, fault: str) -> None:
        super().__init__(f"Block {number}: {fault}.", block=number, fault=fault)


class ProofMalformed(PlatoneError):
    """The file is not a proof in its one canonical form; it may have been edited."""

    slug = "proof-malformed"
    title = "This is no proof file"


class EvidenceInvalid(Exception):
    """A step of a proof does not hold; says in plain words which and why."""


class TrieProofInvalid(ValueError):
    """The nodes do not lead from the root to the item."""


class EncodingInvalid(ValueError):
    """Bytes are not the one encoding of what they claim to be."""


class RpcUnavailable(Exception):
    """The chain's JSON-RPC does not answer, or answers with an error; says which."""


class RpcError(Exception):
    """A call that fails with a code of JSON-RPC or of Ethereum's (EIP-1474).

    Args:
        code: The error's code.
        message: What is wrong.
        data: More of it, as JSON; none where omitted.
    """

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
