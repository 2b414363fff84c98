"""A server of pyftpdlib for tests: one user who may do everything, one who may only read.

Arguments: folder, port, name and password of the users, PEM file or "-", and words that make it
differ from other servers.
"""

import errno
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS, FilesystemError
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder, port, user, reader, password, certificate, *words = sys.argv[1:]


class WithoutOverwriting(AbstractedFS):
    """As Windows does it."""

    def rename(self, source, target):
        if os.path.lexists(target):
            raise FilesystemError("it exists")
        super().rename(source, target)


if certificate == "-":
    handler = FTPHandler
else:
    from pyftpdlib.handlers import TLS_FTPHandler as handler

    handler.certfile = certificate
    handler.tls_control_required = True
    handler.tls_data_required = True
    if "only-tls-1-3" in words:
        from OpenSSL import SSL

        handler.ssl_options |= SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_2

authorizer = DummyAuthorizer()
authorizer.add_user(user, password, folder, perm="elradfmwMT")
authorizer.add_user(reader, password, folder, perm="elr")
handler.authorizer = authorizer
handler.auth_failed_timeout = 0
if "no-overwriting" in words:
    handler.abstracted_fs = WithoutOverwriting
if "no-extensions" in words:
    handler.proto_cmds = {
        command: meaning
        for command, meaning in handler.proto_cmds.items()
        if command not in ("EPSV", "MLSD", "MLST", "SIZE", "FEAT")
    }
if "unreachable-address" in words:
    handler.masquerade_address = "10.255.255.1"

server = FTPServer(("127.0.0.1", int(port)), handler)
if "one-connection" in words:
    # The socket that listens counts as well.
    server.max_cons = 2
server.serve_forever()
