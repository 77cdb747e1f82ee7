"""Files as both interpreters open, read and replace them."""

import os

from both import each_interpreter, run

FILES = "from nametrack import compat_files\n"


@each_interpreter
def test_a_file_is_replaced_whole(interpreter, tmp_path):
    path = tmp_path / "state"
    path.write_text("old")
    assert run(interpreter, tmp_path, FILES + 'compat_files.replace_file(sys.argv[1], [b"ne", b"w"])', path) == []
    assert path.read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["script.py", "state"]


@each_interpreter
def test_a_full_disk_leaves_the_old_file(interpreter, tmp_path):
    path = tmp_path / "state"
    path.write_text("old")
    (tmp_path / "state.new").symlink_to("/dev/full")
    script = """
        from nametrack import compat_files
        try:
            compat_files.replace_file(sys.argv[1], [b"new" * 5000])
        except OSError as error:
            print(compat.error_text(error), error.errno == compat.ENOSPC)
        """
    assert run(interpreter, tmp_path, script, path) == ["no space left True"]
    assert path.read_text() == "old"
    assert not (tmp_path / "state.new").is_symlink()


@each_interpreter
def test_a_path_that_cannot_be_opened_costs_no_descriptor(interpreter, tmp_path):
    """MicroPython 1.20 to 1.22 close descriptor 0 after each failure of an `open()` of a path."""
    script = """
        import gc, os
        from nametrack import compat_files
        errors = 0
        for i in range(50):
            for path in (sys.argv[1] + "/nothing/file", sys.argv[1], "/etc/passwd/x", "a" * 5000):
                for mode in ("rb", "wb", "ab"):
                    try:
                        compat_files.read_file(path) if mode == "rb" else compat_files.open_file(path, mode)
                    except OSError as error:
                        errors += 1
        gc.collect()
        os.stat("/proc/self/fd/0")
        print(errors, compat_files.open_file("/dev/null", "rb").fileno() < 10)
        """
    assert run(interpreter, tmp_path, script, tmp_path) == ["600 True"]


@each_interpreter
def test_what_may_never_end_is_not_waited_for(interpreter, tmp_path):
    """A pipe that somebody holds open: as /proc/kmsg, which is a plain file to those who ask what it is."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = """
        from nametrack import compat_files
        print(compat_files.read_file(sys.argv[1]))
        """
    assert run(interpreter, tmp_path, script, pipe) == ["b''"]
    held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(held, b"some")
        assert run(interpreter, tmp_path, script, pipe) == ["b'some'"]
    finally:
        os.close(held)


@each_interpreter
def test_no_child_process_inherits_an_open_file(interpreter, tmp_path):
    script = """
        from nametrack import compat_files
        file = compat_files.open_file(sys.argv[1], "wb")
        flags = compat_files.read_file("/proc/self/fdinfo/%d" % file.fileno()).split(b"\\n")[1]
        print(bool(int(flags.split()[1], 8) & 0x80000))
        """
    assert run(interpreter, tmp_path, script, tmp_path / "file") == ["True"]


@each_interpreter
def test_what_is_appended_comes_last(interpreter, tmp_path):
    script = """
        from nametrack import compat_files
        for mode, data in (("wb", b"one"), ("ab", b"two"), ("ab", b"three"), ("rb", b"")):
            with compat_files.open_file(sys.argv[1], mode) as file:
                print(file.read()) if mode == "rb" else file.write(data)
        """
    assert run(interpreter, tmp_path, script, tmp_path / "file") == ["b'onetwothree'"]


LINES = [
    (b"", []),
    (b"a", [b"a"]),
    (b"a\n", [b"a"]),
    (b"a\n\nb", [b"a", b"", b"b"]),
    (b"x" * 50 + b"\nb\n", [b"x" * 50, b"b"]),
    (b"x" * 51 + b"\nb\n", [None, b"b"]),
    (b"x" * 9000 + b"\nb\n" + b"y" * 9000, [None, b"b", None]),
    (b"1234567\n" * 2000, [b"1234567"] * 2000),
]


@each_interpreter
def test_a_file_is_read_line_by_line_in_blocks(interpreter, tmp_path):
    script = """
        from nametrack import compat_files
        print(list(compat_files.lines(sys.argv[1], 50)))
        """
    for content, expected in LINES:
        (tmp_path / "file").write_bytes(content)
        assert eval(run(interpreter, tmp_path, script, tmp_path / "file")[0]) == expected, content[:60]


@each_interpreter
def test_a_line_is_not_read_byte_by_byte(interpreter, tmp_path):
    """The kernel counts the reads of a process."""
    (tmp_path / "file").write_bytes(b"1234567\n" * 20000)
    script = """
        from nametrack import compat_files
        def reads():
            return int(compat_files.read_file("/proc/self/io").split(b"syscr: ")[1].split()[0])
        before = reads()
        print(len(list(compat_files.lines(sys.argv[1], 50))), len(compat_files.read_file(sys.argv[1])))
        print(reads() - before < 2 * 160000 // 4096 + 20)
        """
    assert run(interpreter, tmp_path, script, tmp_path / "file") == ["20000 160000", "True"]


@each_interpreter
def test_a_folder_is_made_with_those_it_is_in(interpreter, tmp_path):
    script = """
        from nametrack import compat_files
        compat_files.make_folder(sys.argv[1] + "/a/b/c")
        compat_files.make_folder(sys.argv[1] + "/a/b/c")
        compat_files.make_folder("/")
        try:
            compat_files.make_folder(sys.argv[1] + "/script.py/a")
        except OSError as error:
            print(compat.error_text(error))
        """
    assert run(interpreter, tmp_path, script, tmp_path) == ["not a directory"]
    assert (tmp_path / "a/b/c").is_dir()


@each_interpreter
def test_the_kernel_tells_memory_and_the_numbers_of_interfaces(interpreter, tmp_path):
    script = """
        from nametrack import compat_files
        print(1 << 19 < compat_files.resident_memory() < 1 << 27)
        print(compat_files.interface_number("lo"), compat_files.interface_number("nothing"))
        """
    assert run(interpreter, tmp_path, script) == ["True", "1 0"]
