"""Use cases: certify, prove, erase, open wallets, agree, settle, register nodes."""
