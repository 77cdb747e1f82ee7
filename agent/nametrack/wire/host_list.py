"""Files of hosts, one a line as for `list host`, `#` comments: bytes -> values.

A list may be long and the memory is small, so of most names only a digest is kept, 7 bytes in one of 256 buckets:
50,000 names take 300 kB. A digest is salted: to find a name that passes for a listed one takes as many questions to the
router as there are digests. The first names are kept as text as well, because these are looked up.
"""

import hashlib

ASKED = 256  # names of a list that are looked up
MOST_NAMES = 50000
MOST_ELEMENTS = 16384  # addresses and prefixes
MAX_LINE = 512  # bytes before a comment: a name has 253 characters, in another script a few times as many bytes
NAMED = 5  # lines that are no hosts and are named with their number

_SIZE = 6  # bytes of a digest in a bucket; the byte before them is the bucket's number
_PLAIN = set(b"abcdefghijklmnopqrstuvwxyz0123456789-_.\n")
_ODD = (b"..", b"\n.", b".\n", b"-.", b".-", b"\n-", b"-\n")  # what no lines of plain names have in them
_SHORT = 63  # bytes of a line: no label in it is too long
_DIGITS = b"0123456789"


class Digests:
    """Some texts, as digests."""

    def __init__(self, salt):
        self._salt = salt
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, text):
        """Add a text, bytes."""
        digest = hashlib.sha256(self._salt + text).digest()
        self._buckets[digest[0]].extend(digest[1 : _SIZE + 1])

    def close(self):
        """Nothing is added any more."""
        self._buckets = [bytes(bucket) for bucket in self._buckets]

    def have(self, text):
        """Return whether a text, bytes, was added; for closed ones."""
        digest = hashlib.sha256(self._salt + text).digest()
        # also across two of them, which makes a mistake hardly more likely
        return digest[1 : _SIZE + 1] in self._buckets[digest[0]]


class HostList:
    """What the file at `path` lists. `hosts`: the first ASKED names, text; `elements`: addresses and prefixes, text;
    `names`, `wildcards`: how many there are; `problems`: [text] of lines that are no hosts.
    """

    def __init__(self, path, salt):
        self.path = path
        self.hosts = []
        self.elements = []
        self.problems = []
        self.names = 0
        self.wildcards = 0
        self._digests = Digests(salt)

    def __len__(self):
        return self.names + self.wildcards

    def is_whole(self):
        """Return whether `hosts` and `elements` are all that is listed."""
        return not self.wildcards and self.names <= len(self.hosts)

    def add_name(self, name):
        """Add the name of a host, bytes."""
        self.names += 1
        if len(self.hosts) < ASKED:
            self.hosts.append(name.decode())
        self._digests.add(name)

    def add_wildcard(self, domain):
        """Add the names below a domain, bytes."""
        self.wildcards += 1
        self._digests.add(b"*" + domain)

    def close(self):
        """Nothing is added any more."""
        self._digests.close()

    def position(self, name):
        """Return where in a name, canonical text, the longest thing begins that lists it: 0 for the name itself, else
        that of the domain of a wildcard; None if the list does not have it.
        """
        if "\\" in name:
            return None  # no name of a host; a dot in it may be no end of a label
        name = name.encode()
        if self._digests.have(name):
            return 0
        at = name.find(b".") + 1 if self.wildcards else 0
        while at:
            if self._digests.have(b"*" + name[at:]):
                return at
            at = name.find(b".", at) + 1
        return None


class Reader:
    """Makes the HostList of a path of the file's bytes, given in pieces of any size; 512 bytes are some 22 names.

    parse: function that takes the text of a host as options have it, and returns (what it is in canonical text, None)
    or (None, what is wrong with it); is_element: function that tells whether that is an address or a prefix.
    """

    def __init__(self, path, parse, is_element, salt):
        self._parse = parse
        self._is_element = is_element
        self._list = HostList(path, salt)
        self._rest = b""  # of the last piece: the line goes on
        self._skips = False  # whether the line that goes on was too long
        self._line = 0  # lines before this one
        self._bad = 0
        self._left_out = 0

    def take(self, piece):
        """Take the next piece of the file."""
        data = self._rest + piece
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        if end:
            self._lines(data[:end])
        if len(self._rest) > MAX_LINE:
            comment = self._rest.find(b"#")
            if 0 <= comment <= MAX_LINE:
                self._rest = self._rest[: comment + 1]
            else:
                self._rest, self._skips = b"", True

    def end(self):
        """Return the HostList: that was the whole file."""
        if self._rest or self._skips:
            self._lines(self._rest + b"\n")
        found = self._list
        found.close()
        if self._bad > NAMED:
            more = self._bad - NAMED
            found.problems.append("%s no hosts; ignoring them" % _lines_are(more, " more"))
        if self._left_out:
            limits = (_lines_are(self._left_out), MOST_NAMES, MOST_ELEMENTS)
            text = "%s left out: at most %d names and %d addresses and prefixes of a file are used"
            found.problems.append(text % limits)
        return found

    def _lines(self, data):
        """Take whole lines."""
        lines = data[:-1].split(b"\n")
        if self._skips:
            self._skips = False
            self._wrong("longer than %d bytes" % MAX_LINE)
            del lines[0]
        plain = _is_plain(data)
        for line in lines:
            if not line:
                self._line += 1
            elif plain and len(line) <= _SHORT and line[-1] not in _DIGITS:
                self._line += 1
                self._add_name(line)
            else:
                self._look_at(line)

    def _look_at(self, line):
        """Take a line that may be anything."""
        line = line.partition(b"#")[0]
        if len(line) > MAX_LINE:
            return self._wrong("longer than %d bytes" % MAX_LINE)
        line = line.strip(b" \t\r")
        plain = line.lower()
        if not line:
            self._line += 1
        elif len(line) <= _SHORT and line[-1] not in _DIGITS and _is_plain(plain):
            self._line += 1
            self._add_name(plain)
        else:
            value, problem = self._parse(_text(line))
            if problem is not None:
                return self._wrong(problem)
            self._line += 1
            if self._is_element(value):
                self._add_element(value)
            elif value[:2] == "*.":
                if self._has_room():
                    self._list.add_wildcard(value[2:].encode())
            else:
                self._add_name(value.encode())

    def _add_name(self, name):
        if self._has_room():
            self._list.add_name(name)

    def _has_room(self):
        room = len(self._list) < MOST_NAMES
        self._left_out += not room
        return room

    def _add_element(self, element):
        if len(self._list.elements) < MOST_ELEMENTS:
            self._list.elements.append(element)
        else:
            self._left_out += 1

    def _wrong(self, problem):
        self._line += 1
        self._bad += 1
        if self._bad <= NAMED:
            self._list.problems.append("line %d: %s; ignoring it" % (self._line, problem))


def _is_plain(lines):
    """Return whether lines consist of labels as hosts have them, but for their length; a last label may be digits."""
    around = b"\n" + lines + b"\n"
    return set(lines).issubset(_PLAIN) and not any(odd in around for odd in _ODD)


def _text(line):
    """Return bytes as text: UTF-8, or Latin-1 if they are not."""
    try:
        return line.decode()
    except UnicodeError:
        return "".join([chr(byte) for byte in line])


def _lines_are(count, which=""):
    return "1%s line is" % which if count == 1 else "%d%s lines are" % (count, which)
