# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve documents over HTTPS, a directory and a certificate a host name: ADDRESS."""

import http.server
import pathlib
import ssl
import sys
import threading

WWW = pathlib.Path("/root/www")


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves WWW/HOST/files, with the status in WWW/HOST/status."""

    def do_GET(self):
        folder = WWW / self.headers.get("Host", "").partition(":")[0]
        file = folder / "files" / self.path.lstrip("/")
        status = int((folder / "status").read_text()) if folder.is_dir() else 404
        body = file.read_bytes() if file.is_file() else b""
        self.send_response(status if file.is_file() else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", "https://other.example.net/")
        self.end_headers()
        self.wfile.write(body)


def chosen(socket, name, _context):
    """Answer with the certificate of the name that the client asks for, as it is now."""
    chain = WWW / (name or "") / "chain.pem"
    if name and chain.is_file():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        socket.context = context


class Server(http.server.ThreadingHTTPServer):
    """Does the handshake in the thread of the connection."""

    def finish_request(self, request, client_address):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = chosen
        try:
            request = context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        super().finish_request(request, client_address)


server = Server((sys.argv[1], 443), Handler)
threading.Thread(target=server.serve_forever).start()
