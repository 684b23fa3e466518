"""Celery's doors to what needs several of the packages below."""

from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone

from webmail.attachments import resumable, storage
from webmail.celery import Background
from webmail.submission import drafts, left_rows, series
from webmail.web import (
    answer_arrivals,
    arrivals,
    failure_news,
    mail_arrivals,
    occurrences,
    report_arrivals,
)


@shared_task(name="web.sweep_uploads", ignore_result=True)
def sweep_uploads() -> None:
    resumable.sweep(timezone.now())
    left_rows.sweep(timezone.now())
    storage.sweep(timezone.now(), existing=_existing)


def _existing(keys: Iterable[str]) -> set[str]:
    """Files belong to drafts, or to what repeats."""
    keys = list(keys)
    return drafts.existing_keys(keys) | series.existing_keys(keys)


@shared_task(name="web.make_occurrences", ignore_result=True)
def make_occurrences() -> None:
    occurrences.make_due()


@shared_task(name="web.fetch_pictures", base=Background, ignore_result=True)
def fetch_pictures(mailbox_id: int) -> None:
    arrivals.fetch_pictures(mailbox_id)


@shared_task(name="web.learn_outcomes", base=Background, ignore_result=True)
def learn_outcomes(mailbox_id: int) -> None:
    mail_arrivals.tell_new_mail(mailbox_id)
    report_arrivals.learn_outcomes(mailbox_id)
    answer_arrivals.clear_answered(mailbox_id)


@shared_task(name="web.remind", base=Background, ignore_result=True)
def remind() -> None:
    answer_arrivals.remind()


@shared_task(name="web.tell_failures", ignore_result=True)
def tell_failures() -> None:
    failure_news.tell_all()
