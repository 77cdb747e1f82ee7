"""The command `import`, for what it says on stderr and how it ends."""

from types import SimpleNamespace

import pytest

from nametrack.commands.import_policies import import_policies

PBR = """config policy
	option name 'Work'
	option interface 'wg0'
	option dest_addr 'work.example.com'
"""


@pytest.fixture
def imported(tmp_path, capsys):
    def run(pbr, nametrack=""):
        (tmp_path / "pbr").write_text(pbr)
        (tmp_path / "nametrack").write_text(nametrack)
        status = import_policies(SimpleNamespace(names=["pbr"], config_dir=str(tmp_path), json=False), None)
        return (status, *capsys.readouterr())

    return run


def test_a_file_that_the_service_cannot_read_is_no_source_of_policies(imported):
    """Half of a policy may mean more than the whole."""
    status, out, err = imported(PBR + "\toption src_addr '192.168.1.50\n")
    assert (status, out) == (1, "") and "/pbr, line 5: " in err


def test_no_section_gets_the_name_of_a_peer_or_of_the_global_one(imported):
    """uci reads no file in which two sections of one name have different types."""
    assert "config policy 'work'" in imported(PBR)[1]
    assert "config policy 'work'" not in imported(PBR, "config peer 'work'\n")[1]
    assert "config policy 'global'" not in imported(PBR.replace("Work", "Global"))[1]
