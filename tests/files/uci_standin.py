"""Stands for OpenWrt's `uci`: get, set, show, delete, add, add_list, del_list, changes and commit, with libuci's rules
for what is staged.

A configuration that is named (`pbr.config.enabled`) is changed in a delta file of /tmp/.uci, which every reading takes
in, and `commit` writes the file with all deltas. One that is given by its path (`/etc/config/pbr.config.enabled`) is
read and written without deltas (libuci's file.c: has_delta). A section without a name is `cfg` and its place in the
file, so that a delta about it misses its section once an earlier one is gone; what misses its section is dropped.

The real program holds it to this: with UCI=/path/of/uci in the environment the tests of this folder run that instead.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "agent"))

from nametrack.wire import uci  # noqa: E402

ROOT = pathlib.Path(os.environ.get("UCI_ROOT", "/"))
CONFIGS, DELTAS = ROOT / "etc/config", ROOT / "tmp/.uci"


class Package:
    """One file: `sections` are [name, type, whether it has a name of its own, options]."""

    def __init__(self, name):
        self.path = pathlib.Path(name) if name.startswith("/") else CONFIGS / name
        self.delta = None if name.startswith("/") else DELTAS / name
        self.name = self.path.name
        found, problems = uci.parse(self.path.read_text())
        if problems:
            raise SystemExit(f"uci: Parse error ({problems[0].text})")
        self.sections = [
            [self.unnamed(i) if s.anonymous else s.name, s.type, not s.anonymous, dict(s.options)]
            for i, s in enumerate(found)
        ]
        for line in self.staged():
            self.apply(line)

    def unnamed(self, index):
        return f"cfg{index + 1:02x}"

    def staged(self):
        return self.delta.read_text().splitlines() if self.delta is not None and self.delta.exists() else []

    def find(self, name):
        if name.startswith("@"):
            kind, _, index = name[1:].rstrip("]").partition("[")
            alike = [section for section in self.sections if section[1] == kind]
            index = int(index)
            return alike[index] if -len(alike) <= index < len(alike) else None
        return next((section for section in self.sections if section[0] == name), None)

    def apply(self, line):
        """One change; True if it changed something."""
        sign, line = (line[0], line[1:]) if line[0] in "-+|~" else ("", line)
        key, _, value = line.partition("=")
        names = key.split(".")[1:]
        section, option = self.find(names[0]), names[1] if len(names) > 1 else None
        if sign in ("|", "~"):
            return section is not None and self.change_list(section[3], option, sign, value)
        if sign == "-":
            if section is None or (option is not None and option not in section[3]):
                return False
            if option is None:
                self.sections.remove(section)
            else:
                del section[3][option]
        elif option is None and section is None:
            self.sections.append([names[0], value, sign != "+", {}])
        elif option is None:
            section[1] = value
        elif section is None:
            return False
        else:
            section[3][option] = value
        return True

    def change_list(self, options, option, sign, value):
        """`add_list` makes a list of an option; `del_list` finds nothing to delete in an option that is no list."""
        given = options.get(option, [])
        if sign == "|":
            options[option] = ([given] if isinstance(given, str) else given) + [value]
        elif isinstance(given, list):
            left = [each for each in given if each != value]
            options.pop(option, None)
            if left:
                options[option] = left
        return True

    def change(self, line):
        if not self.apply(line):
            raise SystemExit("uci: Entry not found")
        if self.delta is None:
            return self.write()
        DELTAS.mkdir(parents=True, exist_ok=True)
        with self.delta.open("a") as file:
            file.write(line + "\n")

    def write(self):
        lines = []
        for name, kind, named, options in self.sections:
            lines.append(f"\nconfig {kind} '{name}'" if named else f"\nconfig {kind}")
            for option, value in options.items():
                values, word = (value, "list") if isinstance(value, list) else ([value], "option")
                lines += ["\t%s %s '%s'" % (word, option, v.replace("'", "'\\''")) for v in values]
        self.path.write_text("\n".join(lines) + "\n\n")
        if self.delta is not None:
            self.delta.unlink(missing_ok=True)


def split(key):
    """`(package, names of section and option)`."""
    folder, slash, rest = key.rpartition("/")
    name, _, names = rest.partition(".")
    return Package(folder + slash + name), names.split(".") if names else []


def main(command, *arguments):
    if command == "add":
        package = Package(arguments[0])
        name = package.unnamed(len(package.sections))
        package.change(f"+{package.name}.{name}={arguments[1]}")
        return print(name)
    key, equals, value = arguments[0].partition("=")
    package, names = split(key)
    section = package.find(names[0]) if names else None
    if names and section is not None:
        names[0] = section[0]
    line = ".".join([package.name, *names])
    if command == "get":
        found = section[1] if section and len(names) == 1 else section[3].get(names[1]) if section else None
        if found is None:
            raise SystemExit("uci: Entry not found")
        print(" ".join(found) if isinstance(found, list) else found)
    elif command == "show":
        for name, kind, _, options in package.sections:
            print(f"{package.name}.{name}={kind}")
            for option, value in options.items():
                print(f"{package.name}.{name}.{option}='{value}'")
    elif command == "set" and equals:
        package.change(f"{line}={value}")
    elif command in ("add_list", "del_list") and equals and len(names) == 2:
        package.change(f"{'|' if command == 'add_list' else '~'}{line}={value}")
    elif command == "delete":
        package.change(f"-{line}")
    elif command == "changes":
        print("".join(line + "\n" for line in package.staged()), end="")
    elif command == "commit":
        if package.delta is None or package.staged():
            package.write()
    else:
        raise SystemExit(f"uci: this stand-in knows no {command} {arguments}")


if __name__ == "__main__":
    words = sys.argv[1:]
    quiet = words[0] == "-q"
    try:
        main(*words[quiet:])
    except (SystemExit, FileNotFoundError) as error:
        if not quiet:
            print(error, file=sys.stderr)
        sys.exit(1)
