"""The web process as it runs, but its names are the test's: FAR_NAMES is "<DNS port> <port>…".

Every host is at home, and the ports are those that a person may name.
"""

import os
from dataclasses import replace

import dns.resolver

import webmail.asgi  # first: it sets Django up
from webmail.accounts import identity_servers

dns_port, *ports = map(int, os.environ["FAR_NAMES"].split())
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], dns_port
dns.resolver.default_resolver = resolver
identity_servers.rules = replace(
    identity_servers.rules,
    resolve=lambda _: ["127.0.0.1"],
    may_connect=lambda address: address.is_loopback,
    ports=frozenset(ports),
)

application = webmail.asgi.application
