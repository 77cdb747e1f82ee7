"""Text files that may be missing or in any encoding."""

import pytest

from both import each_interpreter, run


@each_interpreter
@pytest.mark.parametrize("content", [b"config nametrack 'global'\n", "caf\u00e9".encode(), b"caf\xe9"])
def test_a_text_file_is_text_whatever_its_encoding(interpreter, content, tmp_path):
    path = tmp_path / "config"
    path.write_bytes(content)
    script = "from nametrack.adapters import files\nprint(files.read_text(sys.argv[1]))"
    lines = run(interpreter, tmp_path, script, path)
    expected = "café" if content[:3] == b"caf" else content.decode()
    assert eval(lines[0]) == (expected, None)


@each_interpreter
def test_a_text_file_that_is_not_there_is_said(interpreter, tmp_path):
    script = "from nametrack.adapters import files\nprint(files.read_text(sys.argv[1]))"
    assert run(interpreter, tmp_path, script, tmp_path / "x") == ["(None, 'no such file')"]
