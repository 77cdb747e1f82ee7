"""adapters/machine.py and kernel_interfaces.py: what other programs and the kernel say, as files."""

import pytest

from both import each_interpreter, run

NMCONNECTION = "[connection]\nid=office\ntype=wireguard\ninterface-name=wg1\n[wireguard]\nprivate-key=secret\n"
NETDEV = "[NetDev]\nName = wg2\nKind = wireguard\n[WireGuard]\nPrivateKey = secret\n"


@each_interpreter
def test_who_else_sets_endpoints_is_read_from_their_files(interpreter, tmp_path):
    for path, text in (
        ("systemd/system/timers.target.wants/wireguard_reresolve-dns.timer", ""),
        ("systemd/system/timers.target.wants/apt-daily.timer", ""),
        ("systemd/system/timers.target.wants/home.timer", ""),
        ("systemd/system/home.service", "[Service]\nExecStart=/opt/reresolve-dns.sh wg0\n"),
        ("NetworkManager/system-connections/office.nmconnection", NMCONNECTION),
        ("NetworkManager/system-connections/lan.nmconnection", "[connection]\ntype=ethernet\ninterface-name=eth0\n"),
        ("systemd/network/10-wg2.netdev", NETDEV),
        ("systemd/network/10-wg2.network", "[Match]\nName=wg2\n"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    script = """
        from nametrack.adapters.machine import managers, timers
        print(timers(sys.argv[1]))
        print(sorted(managers(sys.argv[1]).items()))
        print(timers("/nowhere"), managers("/nowhere"))
    """
    assert run(interpreter, tmp_path, script, tmp_path) == [
        "['home.timer', 'wireguard_reresolve-dns.timer']",
        "[('wg1', 'NetworkManager'), ('wg2', 'systemd-networkd')]",
        "[] {}",
    ]


ROUTES4 = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
"""
ZERO = 32 * "0"
ROUTES6 = f"""{ZERO} 00 {ZERO} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 00000000 00200200       lo
fe800000000000000000000000000000 40 {ZERO} 00 {ZERO} 00000100 00000001 00000000 00000001     eth0
"""
# resolv.conf, what systemd-resolved keeps -> nameservers of eth0
NAMESERVERS = [
    ("nameserver 192.168.1.1\nnameserver 127.0.0.1\n", None, "['192.168.1.1']"),
    ("nameserver 127.0.0.53\n", "nameserver 192.168.1.1\nnameserver 2001:DB8::1\n", "['192.168.1.1', '2001:db8::1']"),
    ("search lan\n# nameserver 192.0.2.1\n nameserver 192.0.2.9\nnameserver x\n", None, "['192.0.2.9']"),
    ("", None, "[]"),
    ("nameserver FE80::1%eth0\n", None, "['fe80::1']"),
    ("nameserver fe80::1%usb0\n", None, "[]"),
]


@pytest.mark.parametrize("case", NAMESERVERS, ids=range(len(NAMESERVERS)))
@each_interpreter
def test_interfaces_with_a_default_route_lead_out_with_the_nameservers_of_the_network(interpreter, case, tmp_path):
    (tmp_path / "route").write_text(ROUTES4)
    (tmp_path / "ipv6_route").write_text(ROUTES6)
    (tmp_path / "resolv.conf").write_text(case[0])
    if case[1] is not None:
        (tmp_path / "resolved.conf").write_text(case[1])
    script = """
        from nametrack.adapters import kernel_interfaces as kernel
        folder = sys.argv[1]
        kernel.ROUTES4, kernel.ROUTES6 = folder + "/route", folder + "/ipv6_route"
        kernel.LEARNT, kernel.RESOLV_CONF = (folder + "/resolved.conf",), folder + "/resolv.conf"
        for each in kernel.interfaces():
            print(each.name, each.device, each.metric4, each.metric6, each.nameservers)
    """
    assert run(interpreter, tmp_path, script, tmp_path) == [
        f"eth0 eth0 100 1024 {case[2]}",
        "wlan0 wlan0 600 None []",
    ]


@each_interpreter
def test_a_nameserver_of_one_link_is_asked_through_that_link(interpreter, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver fe80::1%eth0\nnameserver fe80::1\nnameserver fe80::1%\n")
    script = """
        from nametrack.adapters import kernel_interfaces as kernel
        kernel.RESOLV_CONF = sys.argv[1] + "/resolv.conf"
        print(kernel.nameservers())
    """
    assert run(interpreter, tmp_path, script, tmp_path) == ["['fe80::1@eth0', 'fe80::1']"]


@each_interpreter
def test_a_tunnel_does_not_lead_out(interpreter, tmp_path):
    (tmp_path / "route").write_text(ROUTES4.replace("wlan0", "wg0"))
    (tmp_path / "wg0").mkdir()
    (tmp_path / "wg0/uevent").write_text("DEVTYPE=wireguard\nINTERFACE=wg0\n")
    (tmp_path / "eth0").mkdir()
    script = """
        from nametrack.adapters import kernel_interfaces as kernel
        kernel.ROUTES4, kernel.ROUTES6, kernel.DEVICES = sys.argv[1] + "/route", "/nowhere", sys.argv[1] + "/"
        print([each.name for each in kernel.interfaces()])
    """
    assert run(interpreter, tmp_path, script, tmp_path) == ["['eth0']"]
    (tmp_path / "eth0/tun_flags").write_text("0x1001\n")
    assert run(interpreter, tmp_path, script, tmp_path) == ["[]"]


@each_interpreter
def test_a_regular_look_that_finds_nothing_new_announces_no_change(interpreter, tmp_path):
    """What is announced has every tunnel that does not reply tried at once: each minute, its pauses would not grow."""
    (tmp_path / "route").write_text(ROUTES4)
    script = """
        from nametrack import compat
        from nametrack.adapters import kernel_interfaces as kernel
        from nametrack.daemon.loop import Poller
        kernel.ROUTES4, kernel.ROUTES6, kernel.RESOLV_CONF = sys.argv[1] + "/route", "/nowhere", "/nowhere"
        kernel._REGULARLY, kernel.listen = 0.01, lambda *arguments: None
        poller, events, looks = Poller(compat.monotonic), [], []
        kernel.KernelInterfaces(poller, events.append, lambda: looks.append(1)).start()
        while len(events) < 3:
            poller.wait(compat.monotonic() + 5)
        print([type(event).__name__ for event in events], len(looks))
    """
    assert run(interpreter, tmp_path, script, tmp_path) == ["['BusConnected', 'InterfacesRead', 'InterfacesRead'] 2"]
