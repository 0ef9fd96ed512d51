"""A validator: our chain as an application that CometBFT orders the transactions of."""
