"""Steering by routes of our own: a route per address, a nexthop per policy and family, no packet marks.

In: policies with the addresses that they want, what the kernel has of links, rules, nexthops and routes, and which
tunnels work. Out: ChangeRouting with nothing but the differences, and which way each policy uses now.
"""
