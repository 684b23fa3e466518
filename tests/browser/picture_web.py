"""The web process of a Hearth for which one address of this machine is the Internet.

``python -m tests.browser.picture_web <port> <address> <port of the pictures>``; the program
itself has no setting that would do this.
"""

import ipaddress
import sys
from dataclasses import replace

import uvicorn


def main() -> None:
    port, address, picture_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    from webmail.asgi import application
    from webmail.attachments import remote_pictures
    from webmail.outbound_fetch import RULES

    internet = ipaddress.ip_address(address)
    remote_pictures.rules = replace(
        RULES,
        resolve=lambda _: [address],
        may_connect=lambda found: found == internet,
        ports=frozenset({picture_port}),
    )
    uvicorn.run(application, port=port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
