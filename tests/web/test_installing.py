"""On a home screen, for mail links, and in a device's share menu."""

import json

from django.test import Client

from webmail.web.recipients import fields_from_link


def test_the_manifest_names_only_pages_of_ours():
    answer = Client().get("/app.webmanifest")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/manifest+json"
    words = json.loads(answer.content)
    places = [words["start_url"], words["share_target"]["action"]]
    places += [each["url"] for each in (*words["protocol_handlers"], *words["shortcuts"])]
    places += [each["src"] for each in words["icons"]]
    assert all(place.startswith("/") and not place.startswith("//") for place in places)
    assert words["share_target"]["method"] == "GET"


def test_each_page_names_the_manifest(mara):
    assert '<link rel="manifest" href="/app.webmanifest">' in mara.get("/compose/").content.decode()


def test_what_is_shared_fills_the_form_in(mara):
    """As Android hands it over: a title, a text, a link; nothing is sent by it."""
    query = {"subject": "A recipe", "body": "Try this", "url": "https://example.org/soup"}
    page = mara.get("/compose/", query).content.decode()
    assert 'value="A recipe"' in page
    assert "Try this\nhttps://example.org/soup" in page


def test_a_link_that_is_in_the_text_already_is_not_there_twice():
    found = fields_from_link({"body": "See https://example.org/", "url": "https://example.org/"})
    assert found == {"text": "See https://example.org/"}
