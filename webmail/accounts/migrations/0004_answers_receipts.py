from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_conversations_and_unified'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='answers_receipts',
            field=models.CharField(blank=True, max_length=10),
        ),
    ]
