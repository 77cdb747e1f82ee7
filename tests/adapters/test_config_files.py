"""config_files.py: the configuration as it is read from its files."""

from both import each_interpreter, run

READ = """
from nametrack.daemon.config_files import read_config, read_id
loaded, problem = read_config(sys.argv[1])
config = loaded.config
"""
KEY = b"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
NETWORK = b"""
config interface 'wg0'
	option proto 'wireguard'

config wireguard_wg0
	option description 'Z\xfcrich'
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option endpoint_host 'b\xc3\xbccher.example'

config wireguard_wg0
	option public_key 'XyIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option endpoint_host 'b\xfccher.example'
"""


def write(folder, nametrack, network=b""):
    (folder / "nametrack").write_bytes(nametrack)
    (folder / "network").write_bytes(network)


@each_interpreter
def test_a_byte_that_is_no_utf8_costs_its_own_value_only(interpreter, tmp_path):
    """Read as Latin-1, the whole file would have other names in it."""
    write(tmp_path, b"config nametrack 'global'\n", NETWORK)
    script = READ + "print([p.endpoint_host for p in config.peers], config.errors)"
    (line,) = run(interpreter, tmp_path, script, tmp_path)
    assert line.startswith("['xn--bcher-kva.example'] [")
    assert "'b?cher.example' is not a host name" in line and "Z" not in line


FAULTS = [
    b"config policy 'x\n\tlist host 'a.test'\n",
    b"nonsense\n",
    b"config\n",
    b"config policy 'x' 'y'\n",
    b"\toption retain '1' '2'\n",
    b"config policy 'global'\n",
    b"\0\0\0",
]


@each_interpreter
def test_the_sections_before_a_fault_count_and_the_fault_is_said(interpreter, tmp_path):
    """libuci refuses the whole file: then a router would follow what it was told not to follow."""
    before = b"config nametrack 'global'\n\toption track_peers 'listed'\n\toption retain '77'\n"
    for fault in FAULTS:
        write(tmp_path, before + fault)
        script = READ + "print(config.track_peers, config.retain, len(loaded.faults) > 0, len(config.errors) > 0)"
        assert run(interpreter, tmp_path, script, tmp_path) == ["listed 77 True True"], fault


@each_interpreter
def test_what_libuci_takes_is_no_fault(interpreter, tmp_path):
    write(tmp_path, b"config nametrack 'global'; option retain '77'\n\toption retain 'soon'\n")
    script = READ + "print(len(config.errors) > 0, loaded.faults, loaded.id == read_id(sys.argv[1]))"
    assert run(interpreter, tmp_path, script, tmp_path) == ["True [] True"]


@each_interpreter
def test_the_configuration_knows_the_files_that_it_was_read_from(interpreter, tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    script = READ + "print(config.origin.nametrack)"
    (tmp_path / "nametrack.conf").write_bytes(b"config nametrack 'global'\n")  # a machine that is no router
    assert run(interpreter, tmp_path, script, folder) == ["%s/nametrack.conf" % tmp_path]
    write(folder, b"config peer\n\toption interface 'wg0'\n\toption public_key '%s'\n" % KEY)
    script += "; print(config.origin.network, config.errors)"
    ours, network = run(interpreter, tmp_path, script, folder)
    assert ours == "%s/nametrack" % folder and network.startswith("%s/network [" % folder)
    assert "%s/network has no such peer" % folder in network


@each_interpreter
def test_the_time_of_reading_grows_with_the_number_of_addresses_and_not_with_its_square(interpreter, tmp_path):
    """Eight times as many take 64 times as long if it does; a machine with other work measures up to 13."""
    script = """
from nametrack.daemon.config_files import read_config
def used():
    with open("/proc/self/schedstat") as file:
        return int(file.read().split()[0])
def took(count):
    compat.collect_early()
    before = used()
    config = read_config("%s/%d" % (sys.argv[1], count))[0].config
    assert len(config.policies[0].literals) == count
    return used() - before
times = [(took(1500), took(12000)) for i in range(3)]
# the kernel counts by its ticks: the smallest of a few may be less than it took
few, many = sum([few for few, _ in times]), sum([many for _, many in times])
print("linear" if many <= 24 * few else "%d against %d" % (many, few))
"""
    for count in (1500, 12000):
        (tmp_path / str(count)).mkdir()
        hosts = "".join([f"\tlist host '10.{i >> 11}.{i >> 3 & 255}.{(i & 7) * 32}/28'\n" for i in range(count)])
        write(tmp_path / str(count), b"config policy 'work'\n\toption interface 'wg0'\n" + hosts.encode())
    assert run(interpreter, tmp_path, script, tmp_path) == ["linear"]
