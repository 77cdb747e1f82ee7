"""Policies: which addresses the user wants to go another way, and for how long.

In: the hosts and prefixes of each policy, and what DNS names for them.
Out: for each policy and address family the wanted addresses with their lives, and the target that takes them.
An address that DNS no longer names stays for `retain`; a failed lookup removes nothing.
"""
