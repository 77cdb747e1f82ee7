"""Peers: which endpoint each WireGuard peer should have.

In: the addresses that DNS names, and the counters and endpoints that the kernel shows.
Out: endpoints to set, probes to send, host routes to ask for, and each peer's state with its reason.
A tunnel that lives is left alone; a handshake decides, not an opinion.
"""
