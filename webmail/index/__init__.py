"""What we remember of the mailboxes: a disposable index, never the truth.

``models.py`` says what is kept, ``keeping.py`` where, ``sync.py`` how it stays true,
``listing.py`` what is drawn from it.  docs/index.md tells the story.
"""
