from django.db import migrations, models

import webmail.accounts.models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_senders_shown_as_sent")]

    operations = [
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        default=webmail.accounts.models.new_key, max_length=12, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                ("for_new", models.BooleanField(default=False)),
                ("for_answers", models.BooleanField(default=False)),
                ("below_quote", models.BooleanField(default=False)),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="signatures",
                        to="accounts.identity",
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
