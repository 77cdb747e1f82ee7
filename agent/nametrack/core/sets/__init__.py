"""Sets: what each nft set or ipset should hold, against what the kernel says it holds.

In: the wanted addresses of the policies, listings of sets, and notifications that a set changed.
Out: listings to make, and changes, each one transaction.
An element that nametrack did not add is never touched.
"""
