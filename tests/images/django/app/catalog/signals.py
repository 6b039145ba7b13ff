from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import Change, Product


@receiver(post_save, sender=Product)
def note_change(instance, created, raw, **kwargs):
    if not raw:
        Change.objects.create(product=instance, created=created)
