"""The one signature of each identity becomes its first: for new mail, and above quotations."""

from django.db import migrations


def _copy(apps, schema_editor):
    identities = apps.get_model("accounts", "Identity").objects.exclude(signature_text="")
    signatures = apps.get_model("accounts", "Signature").objects
    for identity in identities.iterator():
        text = identity.signature_text.strip("\n")
        if text.strip():
            signatures.create(
                identity=identity, name="Signature", text=text, for_new=True, for_answers=True
            )


def _copy_back(apps, schema_editor):
    for signature in apps.get_model("accounts", "Signature").objects.filter(for_new=True):
        identities = apps.get_model("accounts", "Identity").objects
        identities.filter(pk=signature.identity_id).update(signature_text=signature.text)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_signature")]

    operations = [migrations.RunPython(_copy, _copy_back)]
