# SPDX-License-Identifier: GPL-2.0-or-later
"""A pod: a web server that returns its name and the address of its client. Usage: pod.py NAME ADDRESS"""
import http.server
import socketserver
import sys

NAME, ADDRESS = sys.argv[1:]


class Pod(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{NAME} (you are {self.client_address[0]})\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def server_bind(self):
        # HTTPServer would ask DNS for the name of this address, and wait.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, 8080


Server((ADDRESS, 8080), Pod).serve_forever()
