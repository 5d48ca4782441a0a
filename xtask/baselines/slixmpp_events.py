"""slixmpp_events.py ADDRESS DOMAIN AGENT EVENTS: logs in with TLS, takes in so many events, and prints in one line of JSON how long that
took (`seconds`), what it cost this process (`cpu`, seconds), and the `version` of slixmpp.

The environment variable `SSL_CERT_FILE` names the certificate to trust.

For `cargo xtask bench link`, which runs it where slixmpp is installed (`pip install slixmpp`). Of each event the payload's text is looked
up in the tree that the library builds; it is not decoded any further.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

NOTIFICATION = ".//{urn:xmpp:push:0}notification"


class Baseline(slixmpp.ClientXMPP):
    """One link; `over` holds the figures once all events have come, or why they did not."""

    def __init__(self, domain, agent, events):
        # The canned server publishes as many events as the resource says.
        super().__init__(f"{agent}@{domain}/events-{events}", "bench", sasl_mech="PLAIN")
        self.ca_certs = Path(os.environ["SSL_CERT_FILE"])
        self.enable_starttls = False
        self.left = events
        self.over = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", self.begin)
        for end in ("connection_failed", "failed_auth", "disconnected"):
            self.add_event_handler(end, lambda why, end=end: self.end(RuntimeError(f"{end}: {why}")))
        self.register_handler(Callback("events", MatchXPath("{jabber:client}message"), self.take))

    def begin(self, _):
        self.started, self.cpu = time.perf_counter(), time.process_time()
        self.send_presence()

    def take(self, message):
        if not message.xml.find(NOTIFICATION).text:
            self.end(RuntimeError("an event has no payload"))
        self.left -= 1
        if self.left == 0:
            seconds, cpu = time.perf_counter() - self.started, time.process_time() - self.cpu
            self.end({"version": slixmpp.__version__, "seconds": seconds, "cpu": cpu})

    def end(self, how):
        if self.over.done():
            return
        if isinstance(how, Exception):
            self.over.set_exception(how)
        else:
            self.over.set_result(how)


async def main():
    address, domain, agent, events = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    link = Baseline(domain, agent, int(events))
    link.connect(host, int(port))
    print(json.dumps(await link.over))


asyncio.run(main())
