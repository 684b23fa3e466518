from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_accepted_sender'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='answers_receipts',
            field=models.CharField(blank=True, max_length=10),
        ),
    ]
