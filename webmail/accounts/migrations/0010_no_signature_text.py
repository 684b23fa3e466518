from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_signatures_of_identities")]

    operations = [migrations.RemoveField(model_name="identity", name="signature_text")]
