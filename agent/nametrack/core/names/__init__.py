"""Names: what DNS says about each host that is followed, and when to ask again.

In: the names that peers and policies want, answers and failures of queries, and the time.
Out: queries to send, and Name objects that say which addresses a name has now and why.
Every RRset is asked again by its own TTL; a failure is never an answer.
"""
