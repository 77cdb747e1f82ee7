"""The words of a UCI file, by the rules of libuci's file.c for blanks, quotes, backslashes, comments and semicolons.

The file is bytes: MicroPython finds the nth character of a text by counting from its beginning.
"""

_TAB, _NEWLINE, _RETURN, _SPACE, _QUOTE2, HASH, _QUOTE1, _SEMICOLON, _BACKSLASH = b"\t\n\r \"#';\\"
_QUOTES = {_QUOTE1: b"'", _QUOTE2: b'"'}

# what a byte means within a word; a table, because not every MicroPython knows `number in bytes`
_PLAIN, _BLANK, _SPECIAL = 0, 1, 2
_CLASS = bytearray(256)
for _byte in b" \t\n\v\f\r":  # isspace() in the C locale
    _CLASS[_byte] = _BLANK
for _byte in b"\"#';\\":
    _CLASS[_byte] = _SPECIAL

UNTERMINATED = "unterminated quote opened here"

# Going back to the line after a quote that went wrong means reading all that it swallowed once more. After so many
# times it is left unread, so that no file takes quadratic time.
_REREADINGS = 20

_NAMES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ \t"  # and the blanks around them
_ALIKE = 64  # lines that are read in a row


class UciMistake(Exception):
    """What is wrong with a statement, in words that do not quote the file."""


class Reader:
    """Words of one line after another; a quote or a backslash that is open at a line's end joins the next one to it.

    `_end` is where the words of this line end: after its newline, or earlier, where a comment begins.
    """

    def __init__(self, data):
        self._data = data
        self._begin = 0  # where this line begins
        self._at = 0
        self._end = 0
        self._next = 0  # where the next line begins
        self.line = 0  # the number of the line that ends at _next
        self.statement_line = 0  # the number of the line where the statement's keyword is
        self.suspect_line = 0  # the number of the line where its first quote over several lines was opened, or 0
        self._suspect_next = 0  # where the line after that one begins
        self.ignored = False  # words after a semicolon were
        self._rereadings = _REREADINGS

    def next_line(self):
        """Goes on to the next line; False when there is none."""
        if self._next >= len(self._data):
            return False
        self._begin = self._at = self._next
        self.ignored = False
        self._join()
        return True

    def alike(self):
        """Go on to the lines after this one that differ from it in the text between two single quotes only, if this
        is a line of a list as the uci tool writes it. Return these texts, bytes, of some of the lines; [] for none.

        A list may be long. Line by line it would take ten times as long.
        """
        data, values = self._data, []
        words, quote, rest = data[self._begin : self._next].partition(b"'")
        if words.strip(_NAMES) or words[-1:] not in (b" ", b"\t") or rest.find(b"'") != len(rest) - 2:
            return values
        named = words.split()
        if len(named) != 2 or named[0] not in (b"list", b"l") or rest.find(b"\n") != len(rest) - 1:
            return values
        words += quote
        while len(values) < _ALIKE and data[self._next : self._next + len(words)] == words:
            start = self._next + len(words)
            end = data.find(b"'\n", start)
            value = data[start:end]
            if end < 0 or value.find(b"'") >= 0 or value.find(b"\n") >= 0:
                break
            values.append(value)
            self._begin, self._next = self._next, end + 2
            self.line += 1
        return values

    def first_words(self):
        """The first words of this line as they stand there, quotes and all."""
        return self._data[self._begin : self._begin + 99].split(b"\n")[0].split()

    def reread(self):
        """After a mistake: goes back to the end of the line whose quote swallowed others; False when none did."""
        if self.suspect_line == 0:
            return False
        if self._rereadings > 0:
            self._rereadings -= 1
            self.line = self.suspect_line
            self._next = self._suspect_next
        return True

    def _join(self):
        # the next line belongs to this one; without a next one, the end is the end of the data
        if self._next < len(self._data):
            newline = self._data.find(b"\n", self._next)
            self._next = len(self._data) if newline < 0 else newline + 1
            self.line += 1
        self._end = self._next

    def skip_blank(self):
        while self._at < self._end and _CLASS[self._data[self._at]] == _BLANK:
            self._at += 1

    def keyword(self):
        """The next statement's first word, b"" at the end; here blanks are spaces and tabs only."""
        self.statement_line = self.line
        self.suspect_line = 0
        at, end, data = self._at, self._end, self._data
        while at < end and (data[at] == _SPACE or data[at] == _TAB):
            at += 1
        start = at
        while at < end and data[at] != _SPACE and data[at] != _TAB:
            at += 1
        self._at = at
        return data[start:at]

    def argument(self):
        """The next word without its quotes; b"" for an empty one, and if there is none."""
        self.skip_blank()
        if self._at < self._end and self._data[self._at] == _SEMICOLON:
            self._at += 1
            return b""
        return self._word()

    def end(self):
        """The end of a statement."""
        if self.argument() != b"":
            raise UciMistake("too many words; a value with spaces in it needs quotes")

    def _word(self):
        data = self._data
        pieces = []
        straight = True  # neither quotes nor backslashes so far
        while self._at < self._end:
            c = data[self._at]
            if c == HASH:
                self._end = self._at
            elif c == _SEMICOLON:
                if straight:
                    # libuci overwrites the semicolon with the end of the word, and takes that for the end of the line
                    rest = data[self._at + 1 : self._end].strip()
                    self.ignored = rest != b"" and rest[0] != HASH
                    self._end = self._at
                break
            elif _CLASS[c] == _BLANK:
                self._at += 1
                break
            elif c == _QUOTE1 or c == _QUOTE2:
                straight = False
                self._quoted(c, pieces)
            elif c == _BACKSLASH:
                straight = False
                self._escape(pieces)
            else:
                self._plain(pieces)
        return b"".join(pieces)

    def _plain(self, pieces):
        start = at = self._at
        data, end = self._data, self._end
        while at < end and _CLASS[data[at]] == _PLAIN:
            at += 1
        pieces.append(data[start:at])
        self._at = at

    def _escape(self, pieces):
        self._at = self._past_escape(self._at + 1, pieces)
        if self._at >= self._next:
            self._join()

    def _past_escape(self, at, pieces):
        """Where it goes on after a backslash: it takes the meaning from the next character, and the newline away."""
        data = self._data
        if data[at : at + 2] == b"\r\n":
            return at + 2
        if data[at : at + 1] != b"\n":
            pieces.append(data[at : at + 1])
        return at + 1

    def _quoted(self, quote, pieces):
        """A quoted piece. Single quotes leave backslashes alone; both may go on over several lines."""
        line, line_next = self.line, self._next
        data, at = self._data, self._at + 1
        end = data.find(_QUOTES[quote], at)
        if quote == _QUOTE2:
            backslash = data.find(b"\\", at, max(at, end))
            while backslash >= 0:
                pieces.append(data[at:backslash])
                at = self._past_escape(backslash + 1, pieces)
                if end < at:
                    end = data.find(b'"', at)
                backslash = data.find(b"\\", at, max(at, end))
        if self.suspect_line == 0 and (end < 0 or end >= line_next):
            self.suspect_line, self._suspect_next = line, line_next
        if end < 0:
            raise UciMistake(UNTERMINATED)
        pieces.append(data[at:end])
        self._at = end + 1
        while self._at > self._next:
            self._join()
