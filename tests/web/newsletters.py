"""Letters with remote pictures, and what of these is in a page."""

import io
import re

from PIL import Image

from tests.web.letters import letter

SENDER = "jonas@hearth.example"


def png(colour="red", size=(60, 30)):
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG", compress_level=1)
    return made.getvalue()


def newsletter(host, *, sender=f"Jonas <{SENDER}>", more=""):
    html = (
        f'<p>Hi</p><img src="http://img.shop.example:{host.port}/a.png?k=1" width="60">'
        f'<img src="http://t.shop.example:{host.port}/o.gif?k=2" width=1 height=1>{more}'
    )
    return letter(text=html, kind="text/html", sender=sender)


def sources(answer):
    return re.findall(r'<img[^>]*src="([^"]*)"', answer.content.decode())
