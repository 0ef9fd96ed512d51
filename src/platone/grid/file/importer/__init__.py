"""The importer's kit: what the readers of all forms share.

`Record` gives typed access to one element of a file, `Findings` gathers what is noticed, and
`Elements` the elements that come of it.
"""
