"""Whole numbers of small units, written exactly as decimal numbers of the large one."""


def decimal_text(amount: int, decimals: int) -> str:
    """Return an amount in units of 10^-decimals as the shortest decimal number, exactly.

    Args:
        amount: How many of the small units; may be negative.
        decimals: How many digits after the point the small unit stands for, such as 18 of a token.
    """
    whole, part = divmod(abs(amount), 10**decimals)
    text = f"{whole}.{part:0{decimals}d}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text
