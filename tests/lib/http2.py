# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's side of an HTTP/2 connection, for tests: h2 for the frames, a socket, and threads."""
import select
import ssl
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame


class Headers(dict):
    """Header fields as http.server has them: written as in HTTP/1.1, and asked for in any case."""

    def __init__(self, fields):
        super().__init__((name.title(), value) for name, value in fields)

    def get(self, name, default=None):
        return super().get(name.title(), default)


class Stream:
    """One request and its answer."""

    def __init__(self, connection, number, fields):
        self.connection = connection
        self.number = number
        self.gone = False
        self.method = fields[":method"]
        self.path = fields[":path"]
        self.headers = Headers((name, value) for name, value in fields.items() if not name.startswith(":"))
        self.headers["Host"] = fields.get(":authority", "")

    def begin(self, code, headers):
        self.connection.send(self, lambda h2c: h2c.send_headers(
            self.number, [(":status", str(code)), *((name.lower(), value) for name, value in headers)]))

    def write(self, data):
        for piece in self.connection.pieces(self, data):
            self.connection.send(self, lambda h2c: h2c.send_data(self.number, piece))

    def end(self):
        self.connection.send(self, lambda h2c: h2c.end_stream(self.number))

    def reset(self):
        try:
            self.connection.send(self, lambda h2c: h2c.reset_stream(self.number, h2.errors.ErrorCodes.INTERNAL_ERROR))
        except OSError:
            pass


class Connection:
    """serve() reads until the end; each request has a thread, in which handle(stream) answers it."""

    def __init__(self, sock, n_streams, handle):
        self.socket = sock
        self.handle = handle
        self.lock = threading.RLock()
        self.writable = threading.Condition(self.lock)
        self.streams = {}
        self.closed = False
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.n_streams = n_streams

    def serve(self):
        self.socket.setblocking(False)
        try:
            with self.lock:
                self.h2.initiate_connection()
                self.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.n_streams})
                self.flush()
            while not self.closed:
                self.take(self.read())
        except (OSError, ValueError, h2.exceptions.ProtocolError):
            pass
        finally:
            with self.lock:
                self.closed = True
                for stream in self.streams.values():
                    stream.gone = True
                self.writable.notify_all()

    def read(self):
        """The next bytes; b"" never: the end is an error. One thread reads while others write: never both at once."""
        while True:
            with self.lock:
                try:
                    data = self.socket.recv(65536)
                    if not data:
                        raise OSError("closed")
                    return data
                except (BlockingIOError, ssl.SSLWantReadError):
                    pass
            if not select.select([self.socket], [], [], 5)[0] and self.closed:
                raise OSError("closed")

    def take(self, data):
        with self.lock:
            for event in self.h2.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    stream = Stream(self, event.stream_id, dict(event.headers))
                    self.streams[event.stream_id] = stream
                    threading.Thread(target=self.answer, args=(stream,), daemon=True).start()
                elif isinstance(event, h2.events.StreamReset) and event.stream_id in self.streams:
                    self.streams[event.stream_id].gone = True
                elif isinstance(event, h2.events.ConnectionTerminated):
                    self.closed = True
            self.writable.notify_all()
            self.flush()

    def answer(self, stream):
        try:
            self.handle(stream)
        except OSError:
            pass
        with self.lock:
            self.streams.pop(stream.number, None)

    def flush(self, more=b""):
        """Write all that is to be written, and more; the lock is held."""
        data = self.h2.data_to_send() + more
        while data:
            try:
                data = data[self.socket.send(data):]
            except (BlockingIOError, ssl.SSLWantWriteError):
                select.select([], [self.socket], [], 5)

    def send(self, stream, act):
        with self.lock:
            if self.closed or stream.gone:
                raise OSError("the client is gone")
            try:
                act(self.h2)
            except h2.exceptions.ProtocolError as error:
                raise OSError(str(error)) from error
            self.flush()

    def pieces(self, stream, data):
        """The data in pieces that the client's windows have room for, waiting for room."""
        while data:
            with self.lock:
                size = 0
                while not size:
                    if self.closed or stream.gone:
                        raise OSError("the client is gone")
                    try:
                        size = min(self.h2.local_flow_control_window(stream.number), self.h2.max_outbound_frame_size)
                    except h2.exceptions.ProtocolError as error:
                        raise OSError(str(error)) from error
                    if size <= 0:
                        size = 0
                        self.writable.wait(1)
            yield data[:size]
            data = data[size:]

    def go_away(self):
        """Take no new requests; those that are here go on (h2's own close_connection() would end them)."""
        with self.lock:
            frame = hyperframe.frame.GoAwayFrame(0, last_stream_id=self.h2.highest_inbound_stream_id)
            self.flush(frame.serialize())
