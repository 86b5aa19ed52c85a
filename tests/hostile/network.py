"""The network, by any family."""

from tests.hostile.attack import at_import

SAYS = """
import socket

def said(what):
    print("@MARKER@-pierced: network,", what)
"""


def call(name, what, code):
    return at_import(name, what, SAYS + code, tests=("2b-0-basic",))


ATTACKS = [
    call(
        "tcp-to-this-machine",
        "calls a port of this machine, by IPv4 and IPv6",
        """
for host in ("127.0.0.1", "::1", "localhost"):
    try:
        socket.create_connection((host, @PORT@), timeout=2).send(b"@MARKER@")
        said(host)
    except OSError as error:
        print(error)
""",
    ),
    call(
        "datagrams",
        "datagrams, to this machine and beyond",
        """
import socketserver
for address in (("127.0.0.1", @PORT@), ("192.0.2.1", 53), ("255.255.255.255", 9)):
    try:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.sendto(b"@MARKER@", address)
        said(address)
    except OSError as error:
        print(error)
""",
    ),
    call(
        "names",
        "asks for the address of a name, by which much can be said",
        """
import urllib.request
try:
    socket.getaddrinfo("@MARKER@.example.com", 80)
    said("names")
except OSError as error:
    print(error)
try:
    urllib.request.urlopen("http://127.0.0.1:@PORT@/", timeout=2)
    said("http")
except OSError as error:
    print(error)
""",
    ),
    call(
        "sockets-of-this-machine",
        "sockets of the file system, and without a name there",
        """
for path in ("@SOCKET@", "\\0@SOCKET@", "/var/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        said(path)
    except OSError as error:
        print(error)
""",
    ),
    call(
        "other-families",
        "every other family that there is",
        """
for family in range(1, 46):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind)
            said(f"family {family}")
        except OSError:
            pass
""",
    ),
    call(
        "serve",
        "waits for calls, on a port and on a socket's name",
        """
for family, address in ((socket.AF_INET, ("0.0.0.0", 0)), (socket.AF_UNIX, "\\0@MARKER@")):
    try:
        server = socket.socket(family)
        server.bind(address)
        server.listen()
        said("serves")
    except OSError as error:
        print(error)
""",
    ),
]
