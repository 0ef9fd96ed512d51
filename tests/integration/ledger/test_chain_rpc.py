"""The chain as an ordinary Ethereum tool sees it: web3.py over HTTP, and raw JSON-RPC."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import rlp
from eth_abi.abi import decode
from eth_hash.auto import keccak
from web3 import Web3
from web3.exceptions import BlockNotFound, ContractLogicError, Web3RPCError

from platone.kernel.signature import recover_digest
from platone.ledger.domain.header import Header

ROOT = os.urandom(32)
CHAIN_ID = 864300


async def anchored(running: Any) -> str:
    content = {"id": "r-1", "kind": "reading", "content": "{}", "salt": "0x" + "01" * 32}
    answer = await running.administrator.post("/api/certification", json={"records": [content]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["certifications"][0]["transactionHash"])


@pytest.fixture
def tool(served: str) -> Callable[..., Any]:
    """Runs a function of a web3.py client beside the event loop."""

    async def run(ask: Callable[[Any], Any]) -> Any:
        def together() -> Any:
            provider = Web3.HTTPProvider(served)
            client = Web3(provider)
            try:
                return ask(client)
            finally:
                provider._request_session_manager.session_cache.clear()

        return await asyncio.to_thread(together)

    return run


def artifact(running: Any, contracts: Any, name: str) -> tuple[str, Any]:
    return running.ledger.contracts[name], contracts[name].abi


async def test_web3_reads_blocks_and_transactions(running: Any, tool: Any) -> None:
    digest = await anchored(running)

    def ask(client: Any) -> Any:
        eth = client.eth
        receipt = eth.get_transaction_receipt(digest)
        block = eth.get_block("latest", full_transactions=True)
        return eth.chain_id, client.client_version, receipt, block, eth.get_transaction(digest)

    chain_id, version, receipt, block, transaction = await tool(ask)
    assert chain_id == CHAIN_ID
    assert version.startswith("platone/")
    assert receipt.status == 1
    assert receipt.blockNumber == block.number == 2
    assert receipt.transactionHash.to_0x_hex() == digest
    assert block.transactions[0] == transaction
    assert block.miner == running.ledger.sealer
    assert transaction["from"] == receipt["from"]
    assert transaction.chainId == CHAIN_ID


async def test_a_block_hash_can_be_computed_from_what_web3_shows(running: Any, tool: Any) -> None:
    await anchored(running)
    block, seal = await tool(
        lambda client: (
            client.eth.get_block(2),
            client.provider.make_request(
                "platone_getSeal", [client.eth.get_block(2).hash.to_0x_hex()]
            )["result"],
        )
    )
    fields = (
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        "baseFeePerGas",
        "withdrawalsRoot",
        "blobGasUsed",
        "excessBlobGas",
        "parentBeaconBlockRoot",
    )

    def item(value: Any) -> Any:
        if isinstance(value, str):
            return int(value, 16) if len(value) < 42 else bytes.fromhex(value[2:])
        return value

    encoded = rlp.encode([item(block[name]) for name in fields])
    assert keccak(encoded) == bytes(block.hash)
    assert Header.decode(encoded).hash == bytes(block.hash)
    assert recover_digest(bytes(block.hash), bytes.fromhex(seal[2:])) == running.ledger.sealer


async def test_web3_calls_contracts_and_decodes_events(
    running: Any, tool: Any, contracts: Any
) -> None:
    digest = await anchored(running)
    address, abi = artifact(running, contracts, "Certification")
    token_at, token_abi = artifact(running, contracts, "SettlementAgreement")

    def ask(client: Any) -> Any:
        contract = client.eth.contract(address, abi=abi)
        token = client.eth.contract(token_at, abi=token_abi)
        receipt = client.eth.get_transaction_receipt(digest)
        events = contract.events.Anchored().get_logs(from_block=0)
        processed = contract.events.Anchored().process_receipt(receipt)
        filtered = client.eth.get_logs(
            {"address": address, "topics": [None, events[0].args.root], "fromBlock": 0}
        )
        links = contract.functions.chain_of_roots().call()
        supply = token.functions.totalSupply().call()
        return receipt, events, processed, filtered, links, supply, token.functions.name().call()

    receipt, events, processed, filtered, links, supply, name = await tool(ask)
    assert len(events) == len(processed) == len(filtered) == 1
    assert events[0].args == processed[0].args
    assert events[0].args.kind.rstrip(b"\0") == b"reading"
    assert events[0].args["count"] == 1
    assert events[0].args.certifier == receipt["from"]
    assert decode(["uint256"], bytes(filtered[0].data)) == (1,)
    assert any(links)
    assert (supply, name) == (0, "Platone token")


async def test_web3_sees_reverts_and_estimates(running: Any, tool: Any, contracts: Any) -> None:
    await anchored(running)
    address, abi = artifact(running, contracts, "Certification")

    def ask(client: Any) -> Any:
        contract = client.eth.contract(address, abi=abi)
        sender = contract.events.Anchored().get_logs(from_block=0)[0].args.certifier
        anchor = contract.functions.anchor(ROOT, bytes(32), 1)
        estimate = anchor.estimate_gas({"from": sender})
        with pytest.raises(ContractLogicError, match="Authority: not authorised"):
            anchor.call({"from": address})
        with pytest.raises(ContractLogicError):
            anchor.estimate_gas({"from": address})
        enough = anchor.call({"from": sender, "gas": estimate})
        with pytest.raises(ContractLogicError):
            anchor.call({"from": sender, "gas": estimate * 63 // 64 - 1})
        return estimate, enough

    estimate, _ = await tool(ask)
    assert 25_000 < estimate <= 32_000


async def test_web3_reads_the_rest(running: Any, tool: Any, contracts: Any) -> None:
    await anchored(running)
    address, _ = artifact(running, contracts, "Certification")

    def ask(client: Any) -> Any:
        eth = client.eth
        with pytest.raises(BlockNotFound):
            eth.get_block(99)
        with pytest.raises(Web3RPCError, match="only reads"):
            eth.send_raw_transaction("0x02")
        history = eth.fee_history(2, "latest", [50])
        return (
            eth.get_balance(address),
            len(eth.get_code(address)),
            eth.gas_price,
            eth.syncing,
            eth.get_transaction_count(
                eth.get_transaction(eth.get_block(1).transactions[0])["from"]
            ),
            eth.get_transaction_count(address),
            int(eth.get_storage_at(address, 0).hex(), 16),
            history.baseFeePerGas,
            len(eth.get_block_receipts(1)),
            client.net.version,
        )

    found = await tool(ask)
    assert found[0] == 0
    assert found[1] > 500
    assert found[2:4] == (0, False)
    assert found[4] == 7
    assert found[5] == 1
    assert found[6] > 0
    assert found[7:] == ([0, 0, 0], 7, str(CHAIN_ID))


async def test_created_contracts_are_named_in_receipts(running: Any, tool: Any) -> None:
    receipts = await tool(lambda client: client.eth.get_block_receipts(1))
    named = [receipt.contractAddress for receipt in receipts if receipt.contractAddress]
    assert named == list(running.ledger.contracts.values())


def proven(root: bytes, key: bytes, nodes: list[bytes]) -> bytes:
    """What stands at a key by a proof, after the Yellow Paper's appendix D; empty for nothing."""
    path, at = keccak(key).hex(), root
    for encoded in nodes:
        assert keccak(encoded) == at
        node = rlp.decode(encoded)
        if len(node) == 17:
            at, path = node[int(path[0], 16)], path[1:]
            if not at:
                return b""
            continue
        nibbles = node[0].hex()
        part = nibbles[1:] if nibbles[0] in "13" else nibbles[2:]
        if not path.startswith(part):
            return b""
        path, at = path[len(part) :], node[1]
        if nibbles[0] in "23":
            return bytes(at) if not path else b""
    return b""


async def test_proofs_of_state_hold_against_the_headers_root(
    running: Any, tool: Any, contracts: Any
) -> None:
    """An account, a word of storage that is set, one that is not, and an account that is none."""
    await anchored(running)
    address, _ = artifact(running, contracts, "Certification")
    stranger = "0x" + "77" * 20

    def ask(client: Any) -> Any:
        eth = client.eth
        return (
            eth.get_block("latest").stateRoot,
            eth.get_proof(address, [0, 2**200], "latest"),
            eth.get_proof(stranger, [], "latest"),
            eth.get_storage_at(address, 0),
            eth.get_code(address),
        )

    root, told, none, word, code = await tool(ask)
    nodes = [bytes(node) for node in told.accountProof]
    found = rlp.decode(proven(bytes(root), bytes.fromhex(address[2:]), nodes))
    fields = [told.nonce, told.balance, bytes(told.storageHash), bytes(told.codeHash)]
    assert [int.from_bytes(found[0]), int.from_bytes(found[1]), *found[2:]] == fields
    assert keccak(bytes(code)) == bytes(told.codeHash)
    first, unset = (
        proven(bytes(told.storageHash), slot.to_bytes(32), [bytes(node) for node in each.proof])
        for slot, each in zip((0, 2**200), told.storageProof, strict=True)
    )
    assert int.from_bytes(rlp.decode(first)) == int.from_bytes(bytes(word)) > 0
    assert unset == b""
    assert [int(each.value.hex(), 16) for each in told.storageProof] == [
        int.from_bytes(bytes(word)),
        0,
    ]
    absent = proven(bytes(root), bytes.fromhex(stranger[2:]), [bytes(n) for n in none.accountProof])
    assert (absent, none.nonce, none.balance) == (b"", 0, 0)


async def test_transactions_are_found_by_block_and_place(running: Any, tool: Any) -> None:
    digest = await anchored(running)

    def ask(client: Any) -> Any:
        eth = client.eth
        block = eth.get_block("latest")
        return (
            [eth.get_block_transaction_count(name) for name in (1, block.number, block.hash)],
            [
                eth.get_transaction_by_block(name, 0).hash.to_0x_hex()
                for name in (block.number, block.hash)
            ],
            client.provider.make_request("eth_getUncleCountByBlockNumber", ["latest"])["result"],
            client.provider.make_request(
                "eth_getTransactionByBlockNumberAndIndex", ["latest", "0x7"]
            )["result"],
        )

    counts, found, uncles, beyond = await tool(ask)
    assert counts == [7, 1, 1]
    assert found == [digest, digest]
    assert (uncles, beyond) == ("0x0", None)


async def test_a_revert_without_a_text_is_told_as_one(running: Any) -> None:
    """Unknown selectors end in a bare revert; a text comes ABI-encoded as Error(string)."""
    to = running.ledger.contracts["Certification"]
    ask: Any = {"jsonrpc": "2.0", "id": 1, "method": "eth_call"}
    bare = await running.operator.post(
        "/rpc", json=ask | {"params": [{"to": to, "data": "0xdeadbeef"}]}
    )
    told = {"code": 3, "message": "execution reverted", "data": "0x"}
    assert bare.json()["error"] == told
    data = "0x" + keccak(b"anchor(bytes32,bytes32,uint256)")[:4].hex() + "00" * 96
    refused = await running.operator.post("/rpc", json=ask | {"params": [{"to": to, "data": data}]})
    error = refused.json()["error"]
    assert (error["code"], error["message"][:20]) == (3, "execution reverted: ")
    assert error["data"].startswith("0x08c379a0")
    (text,) = decode(["string"], bytes.fromhex(error["data"][10:]))
    assert error["message"] == f"execution reverted: {text}"


async def test_filters_are_refused_by_the_standard_error(running: Any) -> None:
    """They would be kept for whoever asks: eth_getLogs tells the same."""
    for name in ("eth_newFilter", "eth_newBlockFilter", "eth_getFilterChanges", "eth_subscribe"):
        answer = await running.operator.post(
            "/rpc", json={"jsonrpc": "2.0", "id": 1, "method": name, "params": []}
        )
        assert answer.json()["error"]["code"] == -32601, name


WRONG_CALLS = [
    (b"{", -32700),
    (b"[]", -32600),
    (b"7", -32600),
    (b'{"jsonrpc":"2.0","id":1}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12"]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":[]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":{"a":1}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0xzz"}]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"data":"0x5b600056"}]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x%040x"}]}' % 8, -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId\xff"}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":["0x0"]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_getProof","params":["0x%040x","0x0"]}' % 8, -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x"]}', -32004),
]


async def test_wrong_calls_get_their_codes(running: Any) -> None:
    for body, code in WRONG_CALLS:
        answer = await running.operator.post("/rpc", content=body)
        assert answer.json()["error"]["code"] == code, body


async def test_batches_and_notifications(running: Any) -> None:
    ask: Any = {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId", "params": []}
    notification = {key: value for key, value in ask.items() if key != "id"}
    client: httpx.AsyncClient = running.operator
    answer = (await client.post("/rpc", json=[ask, notification, 5, ask | {"id": 7}])).json()
    assert [one["id"] for one in answer] == ["a", None, 7]
    assert answer[0]["result"] == hex(CHAIN_ID)
    assert (await client.post("/rpc", json=[notification])).status_code == 204
    assert (await client.post("/rpc", json=[ask] * 101)).json()["error"]["code"] == -32600


async def test_reading_the_chain_needs_no_token(running: Any) -> None:
    transport = httpx.ASGITransport(running.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"}
        assert (await client.post("/rpc", json=ask)).json()["result"] == "0x1"
