"""The ledger's contracts on an Ethereum network, reached by a node's JSON-RPC.

intent ─► nonce, signature ─► kept ─► sent ─► in a block ─► under enough blocks: confirmed
               (queue)          │       ▲          │
                                │       └──────────┘ the block is gone: sent again
                                └► a higher fee, where no block took it for long
"""
