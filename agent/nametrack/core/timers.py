"""When to be called again: a heap of deadlines, each under a key, so that thousands of names cost no scan."""


class Timers:
    """Deadlines by key; setting a key again moves its deadline. Times are absolute monotonic seconds."""

    def __init__(self):
        self._at = {}  # key -> (at, order), the truth
        self._heap = []  # (at, order, key); entries that _at does not name any more are passed over
        self._order = 0

    def __len__(self):
        return len(self._at)

    def set(self, key, at):
        """Has `key` come due at `at`."""
        known = self._at.get(key)
        if known is not None and known[0] == at:
            return
        self._order += 1
        self._at[key] = (at, self._order)
        self._push((at, self._order, key))
        if len(self._heap) > 2 * len(self._at) + 64:
            self._rebuild()

    def cancel(self, key):
        """Forgets `key`, whether or not it was set."""
        self._at.pop(key, None)

    def next(self):
        """The earliest deadline, or None."""
        heap = self._heap
        while heap:  # this is called whenever something happens
            at, order, key = heap[0]
            known = self._at.get(key)
            if known is not None and known[1] == order:
                return at
            self._pop()
        return None

    def each_due(self, now):
        """Takes out the keys that are due and yields them, earliest first and among equals in the order they were set.

        One by one: what is cancelled meanwhile is not due, and what is set anew is due the next time.
        """
        last = self._order
        while self._heap and self._heap[0][0] <= now:
            entry = self._heap[0]
            live = self._live(entry)
            if live and entry[1] > last:
                return
            self._pop()
            if live:
                del self._at[entry[2]]
                yield entry[2]

    def _live(self, entry):
        return self._at.get(entry[2]) == (entry[0], entry[1])

    def _rebuild(self):
        live = [entry for entry in self._heap if self._live(entry)]
        self._heap = []
        for entry in live:
            self._push(entry)

    # A binary heap of its own: heapq is a separate package on some routers, and the core imports nothing. `order` is
    # unique, so that a comparison of two entries never reaches the keys.

    def _push(self, entry):
        heap = self._heap
        heap.append(entry)
        child = len(heap) - 1
        while child:
            parent = (child - 1) >> 1
            if heap[parent] <= entry:
                break
            heap[child] = heap[parent]
            child = parent
        heap[child] = entry

    def _pop(self):
        heap = self._heap
        top = heap[0]
        last = heap.pop()
        if not heap:
            return top
        hole, size = 0, len(heap)
        while True:
            child = 2 * hole + 1
            if child >= size:
                break
            if child + 1 < size and heap[child + 1] < heap[child]:
                child += 1
            if last <= heap[child]:
                break
            heap[hole] = heap[child]
            hole = child
        heap[hole] = last
        return top
