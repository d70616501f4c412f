from django.db import migrations, models


def say_that_they_are_not_known(apps, schema_editor):
    """Editions published before changes were kept: an empty text says that theirs are not known."""
    apps.get_model("editions", "Edition").objects.update(changes="")


class Migration(migrations.Migration):

    dependencies = [
        ("editions", "0001_editions"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="changes",
            field=models.TextField(default="[]"),
        ),
        migrations.RunPython(say_that_they_are_not_known, migrations.RunPython.noop),
    ]
