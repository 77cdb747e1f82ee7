"""A section of a UCI file, read by a table of options; what is wrong with it is reported, and the rest goes on."""

from ..ordering import result
from .option_values import quoted
from .options import REQUIRED

MAX_PROBLEMS = 200
BLANKS = "\t\n\r "
_TABLES = 1021  # a prime: what texts have in common at their ends must not put them into a few tables


class Report:
    """What is wrong, in words; a file of nothing but mistakes cannot fill the memory."""

    def __init__(self, problems):
        self.texts = []
        self._left_out = 0
        for text in problems:
            self.add(text)

    def add(self, text):
        if len(self.texts) < MAX_PROBLEMS:
            self.texts.append(text)
        else:
            self._left_out += 1

    def all(self):
        """The texts, oldest first, with a last one that counts those left out."""
        if not self._left_out:
            return list(self.texts)
        more = "1 more problem is" if self._left_out == 1 else "%d more problems are" % self._left_out
        return self.texts + ["%s not shown" % more]


class Section:
    """One section, with the report that its problems go to.

    `name` is its own, or `@policy[2]`, as the uci tool writes an anonymous one. `usable` turns False for good when
    something is wrong that the section means nothing without.
    """

    def __init__(self, kind, name, options, report, prefix=""):
        self.kind = kind
        self.name = name
        self.usable = True
        self._options = options
        self._report = report
        self._prefix = prefix
        self._written = {}  # (name of a list, value) -> see written

    def problem(self, text):
        """Reports a problem with this section."""
        self._report.add("%ssection %s: %s" % (self._prefix, quoted(self.name), text))

    def reject(self, text):
        """Reports a problem that makes the section useless."""
        self.usable = False
        self.problem(text + "; ignoring section")

    def gives(self, name):
        """Whether the section has an option that is not empty, whatever it says, and be its name misspelt."""
        return any(_one_slip(other, name) and self._options[other] not in ("", []) for other in self._options)

    def written(self, name):
        """Return {value: text} of the values of a list, once it was read, that are written in another way.

        None in the place of a text: no `list` has the value alone, so that `uci del_list` cannot take it out.
        """
        return {key[1]: text for key, text in self._written.items() if key[0] == name}

    def read(self, table, inherited):
        """The values of the options of `table`: dict by name; `inherited` are defaults that go before the table's."""
        return result(self.reading(table, inherited))

    def reading(self, table, inherited):
        """Do the same a step at a time: a generator, whose value they are."""
        values = {}
        for option in table:
            default = inherited.get(option.name, option.default)
            if option.many:
                values[option.name] = yield from self._many(option, default)
            else:
                values[option.name] = self._one(option, default)
        yield len(table)
        return values

    def _one(self, option, default):
        given = self._options.get(option.name, "")
        if isinstance(given, str):
            given = given.strip(BLANKS)  # as `wg` does with what netifd hands it
        if given == "" or given == []:  # as everywhere in OpenWrt, an empty value is none
            if default is REQUIRED:
                self.reject("option '%s' is missing" % option.name)
            return default
        if not isinstance(given, str):
            value, problem = None, "a list where one value is expected"
        else:
            value, problem = option.parse(given)
        if problem is None:
            return value
        problem = "option '%s': %s" % (option.name, problem)
        if default is REQUIRED:
            self.reject(problem)
        elif default is None:
            self.problem(problem + "; ignoring option")
        else:
            self.problem("%s; using %s" % (problem, shown(default)))
        return default

    def _many(self, option, default):
        given = self._options.get(option.name, [])
        values, seen, bad = [], Seen(), False
        for text in [given] if isinstance(given, str) else given:
            for word in words(text):
                value, problem = option.parse(word)
                if problem is not None:
                    bad = True
                    self.problem("option '%s': %s; ignoring it" % (option.name, problem))
                elif seen.is_new(value):
                    values.append(value)
                    if word != value or word != text or text is given:
                        self._written[option.name, value] = None if word != text or text is given else text
            yield 1
        if values:
            return values
        if bad and default:
            self.problem("option '%s': nothing left; using %s" % (option.name, shown(default)))
        return list(default)

    def report_unknown(self, known):
        """Reports the options that are not among the names `known`."""
        for name in sorted(self._options):
            if name not in known:
                self.problem("option %s is not known%s" % (quoted(name), hint(name, known)))


class Seen:
    """Values that were met, in many small tables: MicroPython hashes a text into 16 bits, and looks for one of 65,536
    among thousands.
    """

    def __init__(self):
        self._tables = {}

    def is_new(self, value):
        """Return whether a text, or another value, is met for the first time."""
        number = int.from_bytes(value.encode(), "big") % _TABLES if isinstance(value, str) else 0
        table = self._tables.setdefault(number, set())
        count = len(table)
        table.add(value)
        return len(table) > count


def words(text):
    """Return the words of a list's value, [text].

    Shell scripts read `option x 'a b'` like two `list x`, and `wg` takes what netifd hands it with commas as well.
    """
    # one word, most likely; a generator for all five would take longer than the rest of it
    if " " not in text and "," not in text and "\t" not in text and "\n" not in text and "\r" not in text:
        return [text] if text else []
    # not str.split(): the two interpreters disagree about what is blank beyond ASCII
    for separator in "\t\n\r,":
        text = text.replace(separator, " ")
    return [word for word in text.split(" ") if word]


def shown(value):
    """A value as it would be written in the file."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ", ".join([item[1] if isinstance(item, tuple) else item for item in value])
    return str(value)


def hint(word, known):
    """`; did you mean 'retain'?` where a known word is one slip of the finger away, else nothing."""
    for other in known:
        if _one_slip(word, other):
            return "; did you mean '%s'?" % other
    return ""


def _one_slip(a, b):
    # one letter more, less or other, or two neighbours in the wrong order: what is left without common head and tail
    shorter = min(len(a), len(b))
    if max(len(a), len(b)) - shorter > 1:
        return False
    head = 0
    while head < shorter and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < shorter - head and a[len(a) - 1 - tail] == b[len(b) - 1 - tail]:
        tail += 1
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == 2 and len(b) == 2 and a[0] == b[1] and a[1] == b[0])


def sections(found, report, prefix=""):
    """Sections for those that the UCI parser found; `prefix` goes before "section" in every message."""
    made, counts = [], {}
    for section in found:
        index = counts.get(section.type, 0)
        counts[section.type] = index + 1
        name = "@%s[%d]" % (section.type, index) if section.anonymous or not section.name else section.name
        made.append(Section(section.type, name, section.options, report, prefix))
    return made
