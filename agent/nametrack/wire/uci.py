"""UCI files (/etc/config/*): the grammar of libuci's file.c, quirks included, because what netifd reads is what counts.

Differences, all on purpose:
- libuci gives up on a file with one syntax error in it. Here the statement with the error is skipped and reported, and
  parsing goes on at the next line. A section whose `config` line is wrong is skipped with its options: they must not
  end up in the section before it.
- A quote that is not closed swallows what follows, up to the end of the file or to the next quote. Here only the line
  where it was opened is lost, if the statement that it makes is wrong.
- An option whose line cannot be read has a blank for its value: it is not one that was never given.
- Private and preshared keys are left out, and what is said about an error never quotes the file.
"""

from collections import namedtuple

from .uci_words import HASH, UNTERMINATED, Reader, UciMistake

# options: dict of name -> text or list of texts; line: of its `config`
Section = namedtuple("Section", ("type", "name", "anonymous", "options", "line"))
# fault: whether libuci refuses the whole file for it
Problem = namedtuple("Problem", ("line", "text", "fault"))

SECRETS = ("private_key", "preshared_key")

_KEYWORDS = {
    b"package": "package",
    b"p": "package",
    b"config": "config",
    b"c": "config",
    b"option": "option",
    b"o": "option",
    b"list": "list",
    b"l": "list",
}

_IGNORED = "what follows the semicolon is ignored: a space must come before a semicolon"
_AGAIN = "a section of this type and name began above: the two are read as one"
_MAX_PROBLEMS = 1000  # more would not be read, and a small heap has to hold them


def decode(data):
    """A file's bytes as text; never fails: in a line that is not UTF-8, each byte beyond ASCII becomes `?`."""
    try:
        return data.decode()
    except UnicodeError:
        pass
    lines = data.split(b"\n")
    for i in range(len(lines)):
        try:
            lines[i] = lines[i].decode()
        except UnicodeError:
            lines[i] = bytes([byte if byte < 128 else 63 for byte in lines[i]]).decode()
    return "\n".join(lines)


def parse(text, keep=None):
    """`(sections, errors)` of a file as text or bytes: lists of Section and Problem, in the file's order.

    An anonymous section is named as `uci show` does it, `@type[0]`, counted within its type. A section named twice is
    one, its options merged. Options without a value are left out. `keep(type)` tells which sections are wanted;
    all of them by default. Never raises; after 1000 errors the rest goes unreported.
    """
    sections, problems = [], []
    for _ in parsing(text, sections, problems, keep):
        pass
    return sections, problems


def parsing(text, sections, problems, keep=None):
    """Do the same a step at a time, into two lists; yield how many lines were read."""
    data = text if isinstance(text, bytes) else text.encode()
    nul = data.find(b"\0")
    if nul >= 0:
        problems.append(Problem(data[:nul].count(b"\n") + 1, "NUL bytes in the file are read as '?'", True))
        data = data.replace(b"\0", b"?")
    reader = Reader(data)
    contents = _Contents(sections, keep)
    while reader.next_line():
        try:
            _statements(reader, contents)
        except UciMistake as mistake:
            contents.unread(reader.first_words())
            if reader.reread():
                _report(problems, reader.suspect_line, UNTERMINATED)
            else:
                _report(problems, reader.statement_line, str(mistake))
        if reader.ignored:
            _report(problems, reader.statement_line, _IGNORED, False)
        if contents.again:
            contents.again = False
            _report(problems, reader.statement_line, _AGAIN, False)
        yield 1
        while contents.listed is not None:
            values = reader.alike()
            if not values:
                break
            contents.listed.extend([decode(value) for value in values])
            yield len(values)


def _report(problems, line, text, fault=True):
    if len(problems) < _MAX_PROBLEMS:
        problems.append(Problem(line, text, fault))


def _statements(reader, contents):
    """All statements of one line, and of the lines that quotes and backslashes join to it."""
    reader.skip_blank()
    while True:
        word = reader.keyword()
        if word == b"" or word[0] == HASH:
            return
        keyword = _KEYWORDS.get(word.rstrip(b"\r\n"))
        if keyword is None:
            if word[0] | 32 == 99:  # most likely a misspelt `config`: what follows belongs to it
                contents.skip_section()
            raise UciMistake("a line begins with config, option, list, package or #")
        if keyword == "config":
            contents.skip_section()
        kind = reader.argument()
        if keyword == "config":
            _check_required(kind, "config without a type")
            if not _is_type(kind):
                raise UciMistake("a section's type has a character that is not allowed")
            name = reader.argument()
            _check_name(name, "a section's name")
            reader.end()
            contents.begin(kind.decode(), name.decode(), reader.statement_line)
        elif keyword == "package":
            _check_required(kind, "package without a name")
            _check_name(kind.replace(b"-", b"_"), "a package's name")
            reader.end()
        else:
            _check_required(kind, keyword + " without a name")
            _check_name(kind, "an option's name")
            value = reader.argument()
            reader.end()
            contents.add(kind.decode(), value, keyword == "list")


def _check_required(word, problem):
    if word == b"":
        raise UciMistake(problem)


def _check_name(word, what):
    if not _is_name(word):
        raise UciMistake(what + " has a character that is not allowed")


def _is_name(word):
    for c in word:
        if not (97 <= c <= 122 or 65 <= c <= 90 or 48 <= c <= 57 or c == 95):
            return False
    return True


def _is_type(word):
    for c in word:
        if not 33 <= c <= 126:
            return False
    return True


class _Contents:
    """The sections so far, and the one that options go to."""

    def __init__(self, sections, keep):
        self.sections = sections
        self.listed = None  # the list that the last option was added to; None: it is not wanted, or no list
        self.again = False  # whether a section that is wanted went on
        self._keep = keep
        self._named = {}  # name -> (type, Section or None for one that is not wanted)
        self._counts = {}  # type -> sections
        self._begun = False
        self._options = None  # of the section that is open; None: they are not wanted

    def skip_section(self):
        """Whatever options follow have no section that they belong to."""
        self._begun = True
        self._options = self.listed = None

    def begin(self, kind, name, line):
        known = self._named.get(name)
        if known is not None:
            if known[0] != kind:
                raise UciMistake("a section of another type has the same name")
            self._options = known[1]
            self.again = known[1] is not None
            return
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        options = None
        if self._keep is None or self._keep(kind):
            options = {}
            self.sections.append(Section(kind, name or "@%s[%d]" % (kind, count), name == "", options, line))
        if name:
            self._named[name] = (kind, options)
        self._options = options

    def unread(self, words):
        """A line with these first words cannot be read: `option NAME`, `list NAME` or a misspelling, most likely."""
        name = words[1].strip(b"'\"") if len(words) > 1 and words[0][:1] in (b"o", b"l") else b""
        if name and _is_name(name) and self._options is not None and name.decode() not in SECRETS:
            self._options.setdefault(name.decode(), " ")

    def add(self, name, value, is_list):
        if not self._begun:
            raise UciMistake("an option before the first section")
        options, self.listed = self._options, None
        if options is None or name in SECRETS:
            return
        if not is_list:
            if value != b"":  # to libuci, setting an option to nothing is no change
                options[name] = decode(value)
            return
        before = options.get(name, [])
        self.listed = options[name] = [before] if isinstance(before, str) else before
        self.listed.append(decode(value))
