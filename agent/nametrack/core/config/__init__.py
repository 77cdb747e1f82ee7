"""The configuration: what the user wants, checked.

In: the sections of /etc/config/nametrack and /etc/config/network, as wire/uci reads them.
Out: one Config value with every option's value or default, and the problems found, in words.
The smallest bad thing is left out and named; everything else goes on.
"""
