"""The pipes to a worker: what comes is taken as it comes, and what goes as it is taken; nobody waits for the other.

One thread does it all where pipes can be waited for together: to wake another takes as long as many a probe. On Windows
each pipe needs one.
"""

import contextlib
import os
import queue
import selectors
import threading

CHUNK = 2**16  # bytes read at once, which is what a pipe holds


class Polled:
    """By one thread, which asks the kernel what can be read and written.

    Args:
        process: a Popen, or what is like one; this closes its stdin, stdout and stderr.
    """

    def __init__(self, process):
        self._stdin, self._unsent = process.stdin, memoryview(b"")
        self._readers = {process.stdout: "stdout", process.stderr: "stderr"}
        self._selector = selectors.DefaultSelector()
        for stream in (process.stdin, *self._readers):
            os.set_blocking(stream.fileno(), False)
        for stream in self._readers:
            self._selector.register(stream, selectors.EVENT_READ)

    def send(self, data):
        """Sends bytes, what the other does not take now during later calls of `wait`. To one that has ended they are
        lost, which is told by what it lacks to say."""
        self._unsent = memoryview(bytes(self._unsent) + data)
        self._write()

    def wait(self, seconds):
        """Waits for something to come, at most so long.

        Returns:
            [("stdout" or "stderr", bytes)]; b"" says that there will be no more.
        """
        came = []
        for key, _ in self._selector.select(max(seconds, 0)):
            if key.fileobj is self._stdin:
                self._write()
                continue
            try:
                data = os.read(key.fd, CHUNK)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._selector.unregister(key.fileobj)
            came.append((self._readers[key.fileobj], data))
        return came

    def close(self):
        """Closes them; to be called when the process has been ended."""
        self._selector.close()
        for stream in (self._stdin, *self._readers):
            _close(stream)

    def _write(self):
        due = self._unsent
        try:
            self._unsent = due[os.write(self._stdin.fileno(), due) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = due[:0]
        if bool(self._unsent) != (self._stdin in self._selector.get_map()):
            if self._unsent:
                self._selector.register(self._stdin, selectors.EVENT_WRITE)
            else:
                self._selector.unregister(self._stdin)


class Threaded:
    """By threads, one for each pipe that has something to wait for; as `Polled`."""

    def __init__(self, process):
        self._stdin, self._came = process.stdin, queue.Queue(maxsize=8)
        self._threads = [self._begin(self._follow, name, getattr(process, name)) for name in ("stdout", "stderr")]

    def send(self, data):
        """As `Polled.send`."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(self._begin(self._write, data))

    def wait(self, seconds):
        """As `Polled.wait`."""
        with contextlib.suppress(queue.Empty):
            return [self._came.get(timeout=max(seconds, 0))]
        return []

    def close(self):
        """As `Polled.close`."""
        while self.wait(0.01):
            pass  # lets those who would put something there come to their end
        # A stream in which a thread still is must not be closed: that waits for the thread, which waits for whoever has
        # inherited the other end. Those who read close what they read.
        if not any(thread.is_alive() for thread in self._threads):
            _close(self._stdin)

    @staticmethod
    def _begin(function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        return thread

    def _follow(self, name, stream):
        data = b"-"
        while data:
            try:
                data = os.read(stream.fileno(), CHUNK)
            except (OSError, ValueError):
                data = b""
            self._came.put((name, data))
        _close(stream)

    def _write(self, data):
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(data)
            self._stdin.flush()


def _close(stream):
    with contextlib.suppress(OSError):
        stream.close()


Pipes = Threaded if os.name == "nt" else Polled
