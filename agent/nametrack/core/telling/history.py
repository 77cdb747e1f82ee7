"""What changed and why, for people: the last of what they were told, oldest first."""

LIMIT = 200  # events


class History:
    """A ring of events. Their ids count up, from another number for each run of the agent: one who asks what is new
    since an event of an earlier run is known by its id. Times are monotonic seconds.
    """

    def __init__(self, before=0):
        """`before`: the number before the first id."""
        self.last_id = before
        self._events = []  # [(id, at, kind, code, parameters, subject, text)]

    def add(self, notify, now):
        """Keeps a core.actions.Notify."""
        self.last_id += 1
        told = (self.last_id, now) + tuple(notify[:-1])  # its values may be long lists
        self._events = self._events[1 - LIMIT :] + [told]

    def since(self, last, now, wall):
        """The events after the id `last`, as docs/status.md has them; `now` is Unix time `wall`.

        Times are converted when they are asked for: a clock that was set meanwhile dates them right. An id that was
        never given is of an earlier run: then all of them are new.
        """
        if last > self.last_id:
            last = 0
        found = []
        for number, at, kind, code, parameters, subject, text in self._events:
            if number > last:
                event = {"id": number, "time": int(wall + at - now), "kind": kind, "code": code}
                event.update({"parameters": ["%s" % each for each in parameters], "subject": subject, "text": text})
                found.append(event)
        return found
