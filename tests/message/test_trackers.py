import pytest

from webmail.message.trackers import sizes_of, tracker_of


@pytest.mark.parametrize(
    ("url", "who"),
    [
        ("https://shop.us3.list-manage.com/track/open.php?u=1&id=2&e=3", "Mailchimp"),
        ("https://mandrillapp.com/track/open.php?u=1", "Mailchimp"),
        ("http://mail.shop.example/wf/open?upn=u001.abc", "SendGrid"),
        ("https://u1.ct.sendgrid.net/wf/open?upn=abc", "SendGrid"),
        ("https://t.hubspotemail.net/e2t/o/abc", "HubSpot"),
        ("https://email.shop.example/o/eJwNyEEKwyAQBdDTjLsM_abc", "Mailgun"),
        ("https://abc.r.us-east-1.awstrack.me/I0/0100018/x=1", "Amazon SES"),
        ("https://links.shop.example/I0/0102018f8f0/abc", "Amazon SES"),
        ("http://r20.rs6.net/on.jsp?ca=1&t=2", "Constant Contact"),
        ("https://ctrk.klclick3.com/o/01H/x", "Klaviyo"),
        ("https://cl.s7.exct.net/open.aspx?ffcb10", "Salesforce"),
        ("http://click.email.shop.example/open.aspx?ffcb10", "Salesforce"),
        ("https://track.customer.io/e/o/ZGVm", "Customer.io"),
        ("https://pstmrk.it/open/v3/abc", "Postmark"),
        ("https://r.mail.shop.example/tr/op/abc", "Brevo"),
        ("http://x.mjt.lu/oo/AAAA/abc/e.gif", "Mailjet"),
        ("https://www.google-analytics.com/collect?v=1&t=event", "Google Analytics"),
        ("https://www.facebook.com/tr?id=1&ev=PageView", "Facebook"),
        ("https://www.linkedin.com/emimp/abc.gif", "LinkedIn"),
        ("https://eotrx.substackcdn.com/open?token=abc", "Substack"),
        ("https://link.mail.beehiiv.com/ss/o/abc/ip.gif", "Beehiiv"),
        ("https://t.yesware.com/t/abc/def/spacer.gif", "Yesware"),
        ("https://track.mixmax.com/api/track/v2/abc", "Mixmax"),
        ("https://mailfoogae.appspot.com/t?sender=abc", "Streak"),
        ("https://r.superhuman.com/abc.gif", "Superhuman"),
        ("https://mailtrack.io/trace/mail/abc.png", "Mailtrack"),
        ("https://t.shop.example/o.gif?k=81", "t.shop.example"),
        ("https://shop.example/open/abc", "shop.example"),
        ("https://shop.example/email/track?m=1", "shop.example"),
        ("https://shop.example/pixel.gif", "shop.example"),
        ("https://shop.example/img/hero.jpg", ""),
        ("https://shop.example/open/hero.jpg", ""),
        ("https://storage.example/v0/b/app/o/plane%2Fblade.png?alt=media", ""),
        ("https://mcusercontent.com/abc/images/hero.png", ""),
        ("https://shop.example/tracks/album.png", ""),
        ("https://notlist-manage.com/track/opener.png", ""),
        ("https://[broken", ""),
    ],
)
def test_who_counts_openings_is_named(url, who):
    assert tracker_of(url) == who


def test_a_picture_nobody_can_see_counts_for_its_host():
    assert tracker_of("https://img.example/a.jpg", is_hidden=True) == "img.example"


def test_a_picture_with_room_is_no_tracker_by_its_address_alone():
    assert tracker_of("https://img.example/open/a?b", is_sized=True) == ""
    assert tracker_of("https://x.list-manage.com/track/open.php", is_sized=True) == "Mailchimp"


@pytest.mark.parametrize(
    ("attributes", "hidden"),
    [
        ("width=1 height=1", True),
        ("width='1' height=\"1\"", True),
        ("height=0", True),
        ("width=5 height=5", True),
        ("width=6 height=5", False),
        ("width=1 height=20", True),
        ("width=600 height=1", False),
        ("width=552", False),
        ("width=100%", None),
        ("style='width:1px;height:1px'", True),
        ("style='max-width: 1px; max-height:1px'", True),
        ("style='WIDTH:1px !important; height:1px!important'", True),
        ("style='border-width:1px' width=300", False),
        ("style='display:none' width=300", True),
        ("style='display : NONE !important'", True),
        ("style='visibility:hidden'", True),
        ("style='opacity:0'", True),
        ("style='opacity:0.5' width=300", False),
        ("hidden=hidden", True),
        ("alt='width=1' width=300", False),
        ("alt='a > b' width=1 height=1", True),
        ("", None),
    ],
)
def test_what_nobody_could_see_is_known_by_its_tag(attributes, hidden):
    html = f'<p>a</p><IMG {attributes} SRC="https://a.example/?b=1&amp;c=2"><img width=1>'
    expected = {} if hidden is None else {"https://a.example/?b=1&c=2": hidden}
    assert sizes_of(html) == expected


def test_a_picture_that_is_shown_somewhere_is_not_hidden():
    html = "<img src=a width=1 height=1><img src=a width=90 height=90><img src=a width=0>"
    assert sizes_of(html) == {"a": False}


@pytest.mark.parametrize("html", ["<img a=" + '"' * 900_000, "<img " * 200_000, "<img '" * 150_000])
@pytest.mark.timeout(10)
def test_a_bomb_of_pictures_is_looked_at_in_part(html):
    sizes_of(html)
